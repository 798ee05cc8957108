/**
 * Asks what the log knows by now: publishes an entry of this server and waits until it is applied. All questions that
 * arrive while one is under way share the next entry, so at most two of them are in the log's way, however many
 * logins arrive and however long the network takes.
 */
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { OwnEntries } from '../log/own-entries.js'

export interface BarrierNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
}
/** When so many wait, those that are gone are removed. */
const pruneEvery = 1_024

export interface BarrierWaiter {
  /** Whether the asker still waits for it. */
  isAlive(): boolean
  /** All that the log knew when this was asked has been applied. */
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

  /**
   * After so long all askers have been answered otherwise. An entry that never comes back must not block the next
   * ones.
   */
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
