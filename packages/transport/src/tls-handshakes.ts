/** The TLS side of the shared port: handshakes, so many at once, from one address and in all, and no longer than they may take. */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { hostOf, nameOf, type TlsIdentity } from '@jwp/lines'
import { addressGroup } from './address-group.js'

export interface HandshakeLimits {
  /** From our first answer to the end of the handshake, in milliseconds. */
  readonly limitMs: number
  /**
   * Handshakes under way in all, and from one address. Each costs memory and, when it begins, the processor a
   * millisecond or two; a connection that comes meanwhile waits, with its first bytes unread.
   */
  readonly most: number
  readonly mostPerAddress: number
  /** Of those in all, so many are kept for addresses from which links have come that proved to be ours. */
  readonly keptForLinks: number
  /** While others wait, a handshake that takes longer may be pushed out by them, in milliseconds. */
  readonly stalledAfterMs: number
}

export const defaultHandshakeLimits: HandshakeLimits = {
  limitMs: 5_000,
  most: 256,
  mostPerAddress: 128,
  keptForLinks: 32,
  stalledAfterMs: 1_000,
}

/** Addresses of ours that are remembered. */
const mostOurs = 1_024
/** While connections wait, free room is looked for this often, in milliseconds. */
const lookEveryMs = 100
/** Handshakes are begun for so long in one turn of the event loop, in milliseconds. Heartbeats come between two turns. */
const beginForMs = 4

interface Handshake {
  readonly socket: Socket
  readonly group: string
  readonly sinceMs: number
}

export interface TlsHandshakeHandlers {
  /** Every connection whose handshake is done. Whether it has shown a good certificate is `flawOfPeer`'s to say. */
  onSecure(socket: TLSSocket): void
  /** A connection was refused because this pool is full. */
  onFull(pool: string): void
}

export class TlsHandshakes {
  readonly #server: Server
  readonly #handlers: TlsHandshakeHandlers
  readonly #limits: HandshakeLimits
  /** By `nameOf`; the oldest is first. */
  readonly #underWay = new Map<string, Handshake>()
  /** Those under way, by address. */
  readonly #counts = new Map<string, number>()
  /** By address. The one whose turn is next is first; no set is empty. */
  readonly #waiting = new Map<string, Set<Socket>>()
  readonly #ours = new Set<string>()
  #newestIsNext = false
  #nextLook: NodeJS.Immediate | undefined
  #laterLook: NodeJS.Timeout | undefined

  constructor(identity: TlsIdentity, handlers: TlsHandshakeHandlers, limits = defaultHandshakeLimits) {
    this.#handlers = handlers
    this.#limits = limits
    this.#server = createServer(
      {
        ...identity,
        // Clients need no certificate, so it is judged when it is known whether the peer needs one.
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: limits.limitMs,
        // In TLS 1.3 Node takes a peer that resumes a session for authorized, even if no certificate was ever shown.
        secureOptions: constants.SSL_OP_NO_TICKET,
      },
      (socket) => {
        this.#ended(nameOf(socket))
        handlers.onSecure(socket)
      },
    )
    // What it was closes with it, and its place is free then.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /**
   * A socket whose first bytes, put back, are those of a TLS handshake: a whole record, so a peer that sends less has
   * no place.
   */
  take(socket: Socket): void {
    if (socket.destroyed) return
    const group = addressGroup(hostOf(socket))
    const waiting = this.#waiting.get(group) ?? new Set()
    this.#waiting.set(group, waiting.add(socket))
    socket.once('close', () => {
      this.#waitsNoMore(group, socket)
    })
    this.#lookSoon()
  }

  /** A link from this address has proved to be of the network. */
  proved(host: string): void {
    const group = addressGroup(host)
    this.#ours.delete(group)
    this.#ours.add(group)
    const [oldest] = this.#ours
    if (this.#ours.size > mostOurs) this.#ours.delete(oldest!)
  }

  #waitsNoMore(group: string, socket: Socket): void {
    const waiting = this.#waiting.get(group)
    if (waiting?.delete(socket) === true && waiting.size === 0) this.#waiting.delete(group)
  }

  #lookSoon(): void {
    this.#nextLook ??= setImmediate(() => {
      this.#nextLook = undefined
      this.#look()
    })
  }

  /** Begins as many as there are places and time for; one address after the other has its turn. */
  #look(): void {
    const untilMs = performance.now() + beginForMs
    while (this.#beginOne()) if (performance.now() >= untilMs) return this.#lookSoon()
    if (this.#waiting.size === 0) return
    this.#laterLook ??= setTimeout(() => {
      this.#laterLook = undefined
      this.#look()
    }, lookEveryMs).unref()
  }

  /** False: no connection waits that there is room for. */
  #beginOne(): boolean {
    for (const [group, waiting] of this.#waiting) {
      if (!this.#hasPlace(group)) continue
      // By turns the one that has waited longest and the one that came last: a crowd that stalls does not delay those
      // that come after it.
      this.#newestIsNext = !this.#newestIsNext
      const socket = [...waiting].at(this.#newestIsNext ? -1 : 0)
      this.#waiting.delete(group)
      waiting.delete(socket!)
      if (waiting.size > 0) this.#waiting.set(group, waiting)
      this.#begin(socket!, group)
      return true
    }
    return false
  }

  /** If need be, another connection is pushed out for it. */
  #hasPlace(group: string): boolean {
    const { most, mostPerAddress, keptForLinks } = this.#limits
    if (this.#countOf(group) >= mostPerAddress)
      return this.#pushOut(
        group,
        `${mostPerAddress} TLS handshakes at once from ${group}, the most from one address`,
      )
    const places = this.#ours.has(group) ? most : most - keptForLinks
    if (this.#underWay.size < places) return true
    if (!this.#isAnyStalled()) return false
    const [largest] = [...this.#counts].reduce((before, next) => (next[1] > before[1] ? next : before))
    return this.#pushOut(largest, `${places} TLS handshakes at once, the most for those who are not known`)
  }

  #isAnyStalled(): boolean {
    for (const { sinceMs } of this.#underWay.values())
      return performance.now() - sinceMs > this.#limits.stalledAfterMs
    return false
  }

  /** The oldest of this address goes, if it has had time enough. */
  #pushOut(group: string, pool: string): boolean {
    const nowMs = performance.now()
    for (const [name, { socket, group: itsGroup, sinceMs }] of this.#underWay) {
      if (nowMs - sinceMs <= this.#limits.stalledAfterMs) return false
      if (itsGroup !== group) continue
      this.#ended(name)
      socket.destroy()
      this.#handlers.onFull(pool)
      return true
    }
    return false
  }

  #begin(socket: Socket, group: string): void {
    const name = nameOf(socket)
    this.#underWay.set(name, { socket, group, sinceMs: performance.now() })
    this.#counts.set(group, this.#countOf(group) + 1)
    socket.once('close', () => {
      if (this.#underWay.get(name)?.socket === socket) this.#ended(name)
    })
    this.#server.emit('connection', socket)
  }

  #countOf(group: string): number {
    return this.#counts.get(group) ?? 0
  }

  /** It is done, or has failed, or was pushed out. */
  #ended(name: string): void {
    const handshake = this.#underWay.get(name)
    if (handshake === undefined) return
    this.#underWay.delete(name)
    const left = this.#countOf(handshake.group) - 1
    if (left > 0) this.#counts.set(handshake.group, left)
    else this.#counts.delete(handshake.group)
    if (this.#waiting.size > 0) this.#lookSoon()
  }
}

/** Undefined: it has proved to belong to this network. Else what is missing, in words. */
export function flawOfPeer(socket: TLSSocket): string | undefined {
  const hasShownNone = Object.keys(socket.getPeerCertificate()).length === 0
  if (hasShownNone) return 'a certificate of this network is needed (--tls-cert, --tls-key)'
  if (socket.authorized) return undefined
  // Node calls it an Error and gives its code.
  switch (String(socket.authorizationError)) {
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'your certificate is not signed by the CA of this network'
    case 'CERT_HAS_EXPIRED':
      return 'your certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'your certificate is not valid yet'
    default:
      return `your certificate is not good (${String(socket.authorizationError)})`
  }
}
