/**
 * When to confirm to the server how far this client is: often enough that little comes twice after it was killed, and
 * never for each message. For anonymous users nothing is kept, so their confirmations can wait: they only help
 * clients that lose what they knew of the log.
 */
import type { LogIndex } from '@jwp/protocol'
import type { ClientLimits } from './options.js'

export class Confirmations {
  readonly #limits: ClientLimits
  readonly #isNamed: boolean
  #confirmed: LogIndex = 0
  #dueMs: number | undefined

  constructor(limits: ClientLimits, isNamed: boolean) {
    this.#limits = limits
    this.#isNamed = isNamed
  }

  /** A connection begins: this is what its server knows. */
  begin(confirmed: LogIndex): void {
    this.#confirmed = confirmed
    this.#dueMs = undefined
  }

  /** What was confirmed may have been cut. */
  cutTo(end: LogIndex): void {
    this.#confirmed = Math.min(this.#confirmed, end)
  }

  /** True: tell the server now that we have handled everything up to `end`. */
  isDue(end: LogIndex, nowMs: number): boolean {
    if (end <= this.#confirmed) {
      // What was to be confirmed was truncated: its deadline must not stay, or it would be asked for without end.
      this.#dueMs = undefined
      return false
    }
    if (this.#isNamed) this.#dueMs ??= nowMs + this.#limits.confirmEveryMs
    return end - this.#confirmed >= this.#limits.confirmEvery || nowMs >= (this.#dueMs ?? Infinity)
  }

  /** There is something that the server does not know. */
  isBehind(end: LogIndex): boolean {
    return end > this.#confirmed
  }

  told(end: LogIndex): void {
    this.begin(end)
  }

  nextDeadlineMs(): number {
    return this.#dueMs ?? Infinity
  }
}
