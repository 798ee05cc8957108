/** How a server shows itself to the servers and clocks that it dials. */
import { isIP } from 'node:net'
import { asServer, type DialIdentity } from '@jwp/lines'
import { CannotStart, type ServerProcessOptions } from './server-process-options.js'

/** @throws CannotStart when certificate and key are none, or not each other's. */
export function dialIdentityOf(options: ServerProcessOptions): DialIdentity {
  const from = sourceOf(options)
  if (options.tls === undefined) return { from }
  try {
    return { from, tls: asServer(options.tls) }
  } catch (error) {
    throw new CannotStart('tls', `TLS cannot be spoken with these files: ${(error as Error).message}`)
  }
}

/** A server that listens on one address of this machine also connects to others from that address. */
export function sourceOf({ bindHost }: ServerProcessOptions): string | undefined {
  const isOneAddress = bindHost !== undefined && isIP(bindHost) !== 0 && !['0.0.0.0', '::'].includes(bindHost)
  return isOneAddress ? bindHost : undefined
}
