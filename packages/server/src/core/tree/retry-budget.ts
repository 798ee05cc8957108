/**
 * How long one attempt to reach one server may take. The distance of an unknown peer is not known, so what is
 * measured of that very attempt counts: how long the link took to open, and a round trip on it. Where nothing is
 * measured yet the usual limit holds, and twice as much after each attempt that ran out: however far away it is, one
 * of them is long enough.
 */
import type { Address } from '@jwp/protocol'
import type { TurnTime } from '../turn-time.js'
import type { Deadpool } from './deadpool.js'
import { endpointKey } from './endpoint-key.js'
import { latencyCapMs } from './latency-samples.js'
import type { PeerLink } from './link-table.js'
import type { Timers } from './timers.js'

/**
 * A link that is not open after so long, in milliseconds, is dialled anew: three round trips of a second each, and a
 * packet that was lost. Raise: for longer lines. Lower: after a cut, a server that dialled in it is back sooner.
 */
const longestOpeningMs = 5_000
/** An answer that walks over lines which we cannot measure may take longer than the line to us lets expect: up to this. */
const longestAnswerMs = 10_000
/** Servers of which something is remembered. Beyond it all are forgotten: each costs some attempts that run out. */
const maxKnown = 512

interface Known {
  /** Attempts that ran out since it last answered. */
  ranOut: number
  /** How long it took the last time until a link to it was open, or refused. */
  settledInMs: number
}

export interface RetryBudgetNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'attachTimeoutMs'>
  readonly deadpool: Pick<Deadpool, 'path'>
}

export class RetryBudget {
  readonly #needs: RetryBudgetNeeds
  readonly #known = new Map<string, Known>()

  constructor(needs: RetryBudgetNeeds) {
    this.#needs = needs
  }

  /** How long one that is alive may be expected to take until a link to it is open. */
  openingMs(address: Address): number {
    const settledInMs = this.#known.get(endpointKey(address))?.settledInMs ?? 0
    return Math.max(this.#needs.timers.attachTimeoutMs(), Math.min(longestOpeningMs, 2 * settledInMs))
  }

  /** After so long a link that does not open is given up. */
  longestOpeningMs(address: Address): number {
    const expectedMs = this.openingMs(address)
    const doubled = expectedMs * 2 ** this.#ranOut(address)
    return Math.max(expectedMs, Math.min(longestOpeningMs, doubled))
  }

  /** How long the answer may be expected to take on this link, once it is open: there, to the root, and back. */
  answerMs(peer: PeerLink): number {
    const { timers, deadpool } = this.#needs
    const oneWayMs = Math.min(latencyCapMs, (peer.roundTripMs ?? 0) / 2)
    return Math.max(timers.attachTimeoutMs(), Math.ceil((4 + 2 * deadpool.path.length) * 4 * oneWayMs))
  }

  /** After so long a question without an answer is given up. */
  longestAnswerMs(peer: PeerLink): number {
    const expectedMs = this.answerMs(peer)
    const doubled = expectedMs * 2 ** (peer.dialled === undefined ? 0 : this.#ranOut(peer.dialled))
    return Math.max(expectedMs, Math.min(longestAnswerMs, doubled))
  }

  /**
   * It is open, or nothing listens there: far away that takes as long, and two polls must be able to see the same.
   */
  settled({ dialled, dialledMs }: PeerLink): void {
    if (dialled !== undefined) this.#of(dialled).settledInMs = this.#needs.time.nowMs - dialledMs
  }

  answered(address: Address): void {
    const known = this.#known.get(endpointKey(address))
    if (known !== undefined) known.ranOut = 0
  }

  /** An attempt was given up: the next one may take twice as long. */
  ranOut(address: Address): void {
    this.#of(address).ranOut++
  }

  #ranOut(address: Address): number {
    return Math.min(16, this.#known.get(endpointKey(address))?.ranOut ?? 0)
  }

  #of(address: Address): Known {
    const key = endpointKey(address)
    let known = this.#known.get(key)
    if (known === undefined) {
      if (this.#known.size >= maxKnown) this.#known.clear()
      known = { ranOut: 0, settledInMs: 0 }
      this.#known.set(key, known)
    }
    return known
  }
}
