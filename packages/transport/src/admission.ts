/**
 * Which connections are accepted: so many in all and from one address, and so many new ones a second. Pure: the time
 * is passed in. An address that has nothing open and has been quiet is forgotten.
 */
import { defaultConnectionsPerAddress, newConnectionsPerSecond } from '@jwp/protocol/options'
import type { UnauthenticatedLimit } from './open-files.js'
import { addressGroup } from './address-group.js'

export interface AdmissionLimits {
  /**
   * Connections from one address (an IPv6 network of 64 bits counts as one). Raise: one address can take up more memory and
   * files. Lower: many people behind one address get no place.
   */
  readonly connectionsPerAddress: number
  /**
   * New connections a second from one address, once it has had its burst. Further ones are read later. Raise: a
   * client that reconnects in a tight loop costs more. Lower: rooms behind one address come back more slowly after a
   * failure.
   */
  readonly newPerSecondPerAddress: number
  /** New connections that one address may open at once. Raise, lower: as above. */
  readonly burstPerAddress: number
  /** Clients in all that speak lines; links between servers and HTTP are not kept out by them. Undefined: no limit. */
  readonly clients: number | undefined
  /**
   * Connections of all kinds in all, except authenticated links. Near this limit one address has no more than four
   * times what is free. Undefined: no limit.
   */
  readonly unauthenticated?: UnauthenticatedLimit | undefined
}

export const defaultAdmissionLimits: AdmissionLimits = {
  connectionsPerAddress: defaultConnectionsPerAddress,
  newPerSecondPerAddress: newConnectionsPerSecond,
  burstPerAddress: defaultConnectionsPerAddress,
  clients: undefined,
}

/** Addresses without a connection that are remembered while they rest. Beyond, the one that left first is forgotten. */
const maxQuiet = 50_000
/** The longest wait of a connection for its turn, in milliseconds. */
const longestWaitMs = 5_000

export type Verdict =
  /** It may speak after so long, in milliseconds; 0: at once. */
  | { readonly ok: true; readonly waitMs: number }
  | {
      readonly ok: false
      readonly info: string
      /** The pool that is full, for the log. */
      readonly pool: string
      /** Links and HTTP may come in all the same: something is kept for them. */
      readonly mayBeLink?: true
    }

interface Visitor {
  open: number
  /** New connections that it may open now; below 0: those that wait. */
  tokens: number
  atMs: number
}

export class Admission {
  readonly #limits: AdmissionLimits
  /** Those with something open. */
  readonly #visitors = new Map<string, Visitor>()
  /**
   * Addresses that have closed everything, and do not have their whole burst again; the one that left last is last.
   */
  readonly #quiet = new Map<string, Visitor>()
  #clients = 0
  #unauthenticated = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#visitors.size + this.#quiet.size
  }

  get clients(): number {
    return this.#clients
  }

  /** A connection has come. Admitted or not, it counts until `closed`. */
  opened(host: string, nowMs: number): Verdict {
    const { connectionsPerAddress, newPerSecondPerAddress, burstPerAddress } = this.#limits
    const visitor = this.#visitorAt(host, nowMs)
    visitor.open++
    this.#unauthenticated++
    if (visitor.open > connectionsPerAddress) {
      const pool = `${connectionsPerAddress} connections from ${addressGroup(host)}, the most from one address`
      return {
        ok: false,
        info: `too many connections from your address: ${connectionsPerAddress} at most`,
        pool,
      }
    }
    const refusal = this.#whyTooFull(visitor)
    if (refusal !== undefined) return { ok: false, ...refusal, mayBeLink: true }
    const since = Math.max(0, nowMs - visitor.atMs)
    visitor.tokens = Math.min(burstPerAddress, visitor.tokens + (since * newPerSecondPerAddress) / 1_000)
    visitor.atMs = nowMs
    const waitMs = Math.max(0, Math.ceil(((1 - visitor.tokens) * 1_000) / newPerSecondPerAddress))
    if (waitMs > longestWaitMs)
      return {
        ok: false,
        info: 'too many new connections from your address, try again in a few seconds',
        pool: `new connections from ${addressGroup(host)} come faster than ${newPerSecondPerAddress} a second`,
      }
    visitor.tokens--
    return { ok: true, waitMs }
  }

  /**
   * One of the connections is a link that has shown that it is of the network: it is no longer counted as
   * unauthenticated.
   */
  proved(): void {
    this.#unauthenticated--
  }

  /** @param wasProved `proved` was called for it */
  closed(host: string, nowMs: number, wasProved = false): void {
    if (!wasProved) this.#unauthenticated--
    const group = addressGroup(host)
    const visitor = this.#visitors.get(group)
    if (visitor === undefined) return
    visitor.open--
    if (visitor.open > 0) return
    this.#visitors.delete(group)
    this.#quiet.set(group, visitor)
    this.#forgetRested(nowMs)
  }

  /** One of the connections is a client. Call `clientLeft` when it closes, if it was admitted. */
  clientCame(): Verdict {
    const { clients = Infinity } = this.#limits
    if (this.#clients >= clients)
      return {
        ok: false,
        info: `this server has as many clients as it takes (${clients}): try another one`,
        pool: `${clients} clients, as many as --max-connections allows`,
      }
    this.#clients++
    return { ok: true, waitMs: 0 }
  }

  clientLeft(): void {
    this.#clients--
  }

  /** The newcomer counts already. */
  #whyTooFull({ open }: Visitor): { info: string; pool: string } | undefined {
    const { unauthenticated } = this.#limits
    if (unauthenticated === undefined) return undefined
    const { places, openFiles, reserve } = unauthenticated
    const free = places - this.#unauthenticated + 1
    const kept = `${openFiles} files may be open (ulimit -n), ${reserve} of them are kept for links, disk and clock`
    if (free <= 0)
      return {
        info: `no place is left here (${places} connections at most): try another server`,
        pool: `${places} connections of clients and unauthenticated links, as many as there is room for: ${kept}`,
      }
    if (open - 1 < 4 * free) return undefined
    return {
      info: `too many connections from your address while few places are left here (${free} of ${places}): try another server`,
      pool: `few of ${places} places for clients and unauthenticated links are left, and one address has too many of them: ${kept}`,
    }
  }

  #visitorAt(host: string, nowMs: number): Visitor {
    const group = addressGroup(host)
    const known = this.#visitors.get(group)
    if (known !== undefined) return known
    const visitor = this.#quiet.get(group) ?? { open: 0, tokens: this.#limits.burstPerAddress, atMs: nowMs }
    this.#quiet.delete(group)
    this.#visitors.set(group, visitor)
    return visitor
  }

  /** It has its whole burst again: an unknown address would be treated the same. */
  #isRested({ tokens, atMs }: Visitor, nowMs: number): boolean {
    const { newPerSecondPerAddress, burstPerAddress } = this.#limits
    return tokens + ((nowMs - atMs) * newPerSecondPerAddress) / 1_000 >= burstPerAddress
  }

  /** One that is not rested hides those behind it, for as long as a whole burst takes to come back at most. */
  #forgetRested(nowMs: number): void {
    for (const [group, visitor] of this.#quiet) {
      if (this.#quiet.size <= maxQuiet && !this.#isRested(visitor, nowMs)) return
      this.#quiet.delete(group)
    }
  }
}
