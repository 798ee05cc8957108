/**
 * Which server to try next: those that the last one told us, nearest first, then those we began with; the one that
 * was just lost comes last. After a round in vain a pause that doubles, so that a dead network is not hammered.
 */
import type { Endpoint, Random } from '@jwp/protocol'
import type { ClientLimits } from './options.js'

const maxLearned = 64

export class Route {
  readonly #seeds: readonly Endpoint[]
  readonly #limits: ClientLimits
  readonly #random: Random
  #learned: readonly Endpoint[] = []
  /** What is left of this round. */
  #round: Endpoint[] = []
  #roundsInVain = 0

  constructor(seeds: readonly Endpoint[], limits: ClientLimits, random: Random) {
    this.#seeds = seeds
    this.#limits = limits
    this.#random = random
  }

  learned(servers: readonly Endpoint[]): void {
    this.#learned = servers.slice(0, maxLearned)
  }

  /** A new search begins. `last`: tried last; `first`: tried first (a redirect). */
  begin({ first, last }: { first?: Endpoint | undefined; last?: Endpoint | undefined }): void {
    this.#roundsInVain = 0
    this.#fillRound(last)
    if (first !== undefined) this.#round.unshift(first)
  }

  /** We are online. */
  succeeded(): void {
    this.#roundsInVain = 0
    this.#round = []
  }

  /** The next server to try, or how long to pause before the next round, in milliseconds. */
  next(): { readonly endpoint: Endpoint } | { readonly pauseMs: number } {
    const endpoint = this.#round.shift()
    if (endpoint !== undefined) return { endpoint }
    this.#fillRound(undefined)
    const { backoffMinMs, backoffMaxMs } = this.#limits
    const pauseMs =
      Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#roundsInVain++) * this.#random.between(0.5, 1.5)
    return { pauseMs }
  }

  #fillRound(last: Endpoint | undefined): void {
    const round: Endpoint[] = []
    for (const endpoint of [...this.#learned, ...this.#seeds]) {
      if (!round.some((other) => isSame(other, endpoint)) && !isSame(endpoint, last)) round.push(endpoint)
    }
    if (last !== undefined) round.push(last)
    this.#round = round
  }
}

export function isSame(a: Endpoint, b: Endpoint | undefined): boolean {
  return b !== undefined && a.hostname === b.hostname && a.port === b.port
}
