/** Opening a link to another process. */
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import type { Socket } from 'node:net'
import type { DialAttempt, DialFailure, DialOutcome, LinkLimits } from './link.js'
import { NetIpcClient, type NetIpcPeer } from './net-ipc-peer.js'
import { defaultLinkLimits, NetLink } from './net-link.js'

export interface DialTarget {
  readonly host: string
  readonly port: number
}

/**
 * Dials once. Exactly one of the outcomes is called, and not before this function has returned.
 * What listens there but does not speak net-ipc is `unreachable`, with words that say so.
 */
export function dialLink(
  target: DialTarget,
  outcome: DialOutcome,
  limits: LinkLimits = defaultLinkLimits,
): DialAttempt {
  const client = new NetIpcClient({
    host: target.host,
    port: target.port,
    messagepack: true,
    compress: false,
    reconnect: false,
    options: { lookup: lookupQuickly, noDelay: true },
  })
  let settled = false
  let connected = false
  let lastError: Error | undefined
  const settle = (report: () => void): void => {
    if (settled) return
    settled = true
    report()
  }
  client.on('error', (error: Error) => {
    lastError = error
  })
  // The promise is not used: without reconnection it stays open for ever when the other side hangs up.
  client.connect().catch(() => undefined)
  const peer = client as unknown as NetIpcPeer
  const socket: Socket = peer.connection!
  socket.once('connect', () => {
    connected = true
  })
  let link: NetLink | undefined
  client.on('ready', () => {
    settle(() => {
      link = new NetLink(peer, socket, limits)
      outcome.onOpen(link)
      link.deliverEarly()
    })
  })
  client.on('message', (frame: unknown) => {
    link?.received(frame)
  })
  const fail = (): void => {
    settle(() => {
      outcome.onFailure(failureOf(lastError), failureInfo(target, lastError, connected))
    })
  }
  client.on('close', fail)
  socket.once('close', fail)
  return {
    cancel: () => {
      settle(() => socket.destroy())
    },
  }
}

function failureOf(error: Error | undefined): DialFailure {
  return codesOf(error).includes('ECONNREFUSED') ? 'refused' : 'unreachable'
}

function failureInfo({ host, port }: DialTarget, error: Error | undefined, connected: boolean): string {
  const codes = codesOf(error)
  if (codes.includes('ECONNREFUSED')) return `nobody listens at ${host}:${port}`
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN')) return `there is no host called ${host}`
  if (connected) return `what listens at ${host}:${port} does not speak net-ipc`
  return error === undefined || error.message === '' ? `${host}:${port} does not answer` : error.message
}

/** Several addresses of one host fail together, in one error. */
function codesOf(error: Error | undefined): string[] {
  if (error === undefined) return []
  const all = error instanceof AggregateError ? [error, ...(error.errors as Error[])] : [error]
  return all.map((each) => (each as NodeJS.ErrnoException).code ?? '')
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

/**
 * `localhost` needs no name server: the real look-up waits in the same pool of threads as the hashing of secrets,
 * and healing must not wait for that.
 */
export function lookupQuickly(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  if (hostname !== 'localhost') dnsLookup(hostname, options, callback as never)
  else if (options.all === true) {
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ])
  } else if (options.family === 6) callback(null, '::1', 6)
  else callback(null, '127.0.0.1', 4)
}
