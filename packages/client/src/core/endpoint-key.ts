import { isLoopbackHost, type Endpoint } from '@jwp/protocol'

/** One machine has several names for itself. */
export function endpointKey({ hostname, port }: Endpoint): string {
  return `${isLoopbackHost(hostname) ? 'localhost' : hostname.toLowerCase()} ${port}`
}
