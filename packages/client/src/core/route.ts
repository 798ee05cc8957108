/**
 * Which server to try next: those that the last server named, nearest first, then the configured ones, then the
 * server that named the others; the one that was just lost comes last. Each is tried once in a round, at once.
 * Between rounds is a pause that doubles, so that neither a dead network nor a server that accepts logins and then
 * closes is hammered.
 */
import type { Endpoint, Random } from '@jwp/protocol'
import { endpointKey } from './endpoint-key.js'
import type { ClientLimits } from './options.js'

/** More than a server tells; bounds what a strange one can make us try. */
const maxLearned = 64

export class Route {
  readonly #seeds: readonly Endpoint[]
  readonly #limits: ClientLimits
  readonly #random: Random
  #learned: readonly Endpoint[] = []
  /** It names all but itself, and may be the only one that comes back. */
  #teller: Endpoint | undefined
  /** Tried in this round. */
  readonly #tried = new Set<string>()
  #lost: Endpoint | undefined
  #first: Endpoint | undefined
  #roundsInVain = 0

  constructor(seeds: readonly Endpoint[], limits: ClientLimits, random: Random) {
    this.#seeds = seeds
    this.#limits = limits
    this.#random = random
  }

  /** Where to go when `teller` is lost, in its own words. */
  learned(servers: readonly Endpoint[], teller: Endpoint): void {
    this.#learned = servers.slice(0, maxLearned)
    this.#teller = teller
  }

  /**
   * `wasStable`: it served this client for a while, so a new round begins, at once. Otherwise this round continues.
   */
  lost(endpoint: Endpoint, wasStable: boolean): void {
    this.#lost = endpoint
    if (!wasStable) return
    this.#tried.clear()
    this.#roundsInVain = 0
  }

  /** Try this one next, even if it was tried already. The caller bounds how often. */
  prefer(endpoint: Endpoint): void {
    this.#first = endpoint
  }

  /** The next server to try, or how long to pause before the next round, in milliseconds. */
  next(): { readonly endpoint: Endpoint } | { readonly pauseMs: number } {
    const endpoint = this.#first ?? this.#candidates().find((each) => !this.#tried.has(endpointKey(each)))
    this.#first = undefined
    if (endpoint !== undefined) {
      this.#tried.add(endpointKey(endpoint))
      return { endpoint }
    }
    this.#tried.clear()
    const { backoffMinMs, backoffMaxMs } = this.#limits
    const pauseMs =
      Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#roundsInVain) * this.#random.between(0.5, 1.5)
    this.#roundsInVain++
    return { pauseMs }
  }

  #candidates(): readonly Endpoint[] {
    const all = [...this.#learned, ...this.#seeds]
    if (this.#teller !== undefined) all.push(this.#teller)
    const lost = this.#lost
    return lost === undefined ? all : [...all.filter((each) => endpointKey(each) !== endpointKey(lost)), lost]
  }
}
