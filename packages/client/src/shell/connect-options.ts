/** How to connect. */
import { anonymous, type AckLevel, type Endpoint } from '@jwp/protocol'
import type { ClientLimits } from '@jwp/client/core'
import { asClient, type ClientTls, type DialTls } from '@jwp/lines'
import { BadOption } from './errors.js'
import { shown } from './shown.js'

/** What holds where nothing is said is in `connectDefaults`. */
export interface ConnectOptions {
  /**
   * Servers to begin with, `'host:port'` or `{host, port}`: a list, or one alone. One is enough: the others are learned
   * from it.
   */
  readonly servers: ServerAddress | readonly ServerAddress[]
  /** `anonymous` needs no secret. */
  readonly username?: string | undefined
  readonly secret?: string | undefined
  /**
   * When `send` resolves. `held`: a second server keeps it. `logged`: it has its place in the order.
   * `everywhere`: every server of the network has it. Higher is safer and later.
   */
  readonly ackLevel?: AckLevel | undefined
  /**
   * How long to wait for a server that lets us in, in milliseconds; then `connect` throws `NotConnected`, and nothing has
   * been published. Later losses of a server have no deadline. `Infinity` waits for ever.
   */
  readonly withinMs?: number | undefined
  /** Ends the connection, at once. */
  readonly signal?: AbortSignal | undefined
  /** Broadcasts that may wait for a slow reader before the socket is paused. */
  readonly maxBuffered?: number | undefined
  /** The same in bytes, as they came over the wire. */
  readonly maxBufferedBytes?: number | undefined
  /**
   * Speak TLS, and trust servers whose certificate names their host and is signed by `ca` (PEM); `{}`: by the CAs
   * that this system trusts. Needed if the servers speak TLS (default: plain).
   */
  readonly tls?: ClientTls | undefined
  /** Ask which users come and go: `'presence'` events, and `connection.online`. Without, it costs nothing. */
  readonly presence?: boolean | undefined
  /** For tuning: see `ClientLimits`. */
  readonly limits?: Partial<ClientLimits> | undefined
}

export type ServerAddress = string | { readonly host: string; readonly port: number }

/** @throws BadOption for an address that is none, in words. */
export function endpointsFrom(servers: ConnectOptions['servers']): Endpoint[] {
  const given: unknown = servers
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0))
    throw new BadOption("servers: at least one is needed, such as servers: ['localhost:3781']")
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return list.map((server) => {
    const { host, port } = typeof server === 'string' ? partsOf(server) : hostAndPortIn(server)
    if (typeof host !== 'string' || host === '' || !isPort(port))
      throw new BadOption(
        `servers: ${shown(server)} is no address: write 'host:port' or { host, port }, with a port from 1 to 65535`,
      )
    return { hostname: host, port }
  })
}

const hostAndPortIn = (server: unknown): { host?: unknown; port?: unknown } =>
  typeof server === 'object' && server !== null ? server : {}

const isPort = (port: unknown): port is number =>
  typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535

function partsOf(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  return { host: match?.[1] ?? match?.[2] ?? '', port: Number(match?.[3]) }
}

/** @throws BadOption when `ca` is no certificate. */
export function dialTlsFrom(tls: ClientTls | undefined): DialTls | undefined {
  try {
    return tls && asClient(tls)
  } catch (error) {
    throw new BadOption(`tls.ca is no certificate: ${(error as Error).message}`)
  }
}

/** @throws BadOption when a name comes without its secret. */
export function credentialsFrom({ username, secret }: ConnectOptions): {
  username: string
  secret: string | undefined
} {
  if (username === undefined || username === anonymous) return { username: anonymous, secret: undefined }
  if (secret === undefined || secret === '')
    throw new BadOption(`secret: ${username} needs one: register it first, or give the one it has`)
  return { username, secret }
}
