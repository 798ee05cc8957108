/** Where a server can be reached, and the secret that it accepts. Travels inside authenticated links only. */
import type { ServerName } from './ids.js'

export interface Address {
  readonly name: ServerName
  readonly host: string
  /** TCP port, 1 to 65535. */
  readonly port: number
  /** The secret that this server asks of servers that join it (`-ms`). */
  readonly secret: string
}

/** An address without its secret: what clients and unauthenticated peers may know. */
export interface Endpoint {
  readonly hostname: string
  readonly port: number
}

export const sameEndpoint = (a: Address, b: Address): boolean => a.host === b.host && a.port === b.port

export const endpointOf = (address: Address): Endpoint => ({ hostname: address.host, port: address.port })

export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^(::ffff:)?127\./.test(bare)
}
