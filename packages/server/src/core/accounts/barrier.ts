/**
 * "What does the log know by now?": an entry of our own that is asked for, and seen to come back. All who ask while one
 * is under way share the next: however many logins storm in, and however long the network takes, two of them at most are
 * in the log's way.
 */
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { OwnEntries } from '../log/own-entries.js'

export interface BarrierNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
}
/** Who has gone meanwhile is forgotten whenever so many wait. */
const pruneEvery = 1_024

export interface BarrierWaiter {
  /** Whether anybody still waits for it. */
  isAlive(): boolean
  /** The log has told all that it knew when this was asked. */
  passed(): void
}

export class Barrier {
  readonly #needs: BarrierNeeds
  /** When the last one began; undefined: none is under way. */
  #begunMs: number | undefined
  #last = 0
  #next: BarrierWaiter[] = []
  #pruneAt = pruneEvery

  constructor(needs: BarrierNeeds) {
    this.#needs = needs
  }

  ask(waiter: BarrierWaiter): void {
    if (this.#next.length >= this.#pruneAt) {
      this.#next = this.#next.filter((each) => each.isAlive())
      this.#pruneAt = Math.max(pruneEvery, 2 * this.#next.length)
    }
    this.#next.push(waiter)
    if (!this.#isUnderWay()) this.#begin()
  }

  /** After so long all who asked have been answered otherwise; an entry that never comes back must not bar the way. */
  #isUnderWay(): boolean {
    const { time, options } = this.#needs
    return this.#begunMs !== undefined && time.nowMs - this.#begunMs < options.timing.decideWithinMs
  }

  #begin(): void {
    const waiters = this.#next
    this.#next = []
    const number = ++this.#last
    this.#begunMs = this.#needs.time.nowMs
    this.#needs.ownEntries.publish('barrier', new Uint8Array(0), () => {
      if (number === this.#last) this.#begunMs = undefined
      if (this.#next.length > 0 && !this.#isUnderWay()) this.#begin()
      for (const waiter of waiters) if (waiter.isAlive()) waiter.passed()
    })
  }
}
