/** The key of an address in maps: two servers cannot listen at one endpoint. */
import type { Endpoint } from '@jwp/protocol'

export function endpointKey({ host, port }: Pick<Endpoint, 'port'> & { readonly host: string }): string {
  return `${host}:${port}`
}
