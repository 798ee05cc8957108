/**
 * Timestamps that the clock has granted and no entry has got yet. While messages keep coming, some are asked for ahead, so that what
 * comes next gets its place at once instead of waiting for the clock. Alone, a message waits for a timestamp of its own.
 */
import type { Timestamp } from '@jwp/protocol'

/**
 * How long a granted timestamp may wait for an entry, in milliseconds. Raise: fewer questions to the clock, and timestamps that
 * tell less exactly when something was sent. 0: nothing is asked for ahead.
 */
export const reserveMs = 5
/** Most that are asked for ahead. A clock has 4,096 for each millisecond. */
const maxAhead = 4_096
const minAhead = 64

export class TimestampReserve {
  #start: Timestamp = 0
  #count = 0
  #untilMs = 0
  #busyUntilMs = 0

  /** The highest one; 0: there is none. Whatever is asked for now must be above it. */
  get last(): Timestamp {
    return this.#count === 0 ? 0 : this.#start + this.#count - 1
  }

  /** These many entries are ready. @returns how many timestamps to ask for beyond what they need; 0: there are enough */
  wanted(ready: number, nowMs: number): number {
    const isBusy = nowMs < this.#busyUntilMs
    this.#busyUntilMs = nowMs + reserveMs
    if (!isBusy) return 0
    const isFresh = this.#count > 2 * ready && nowMs < this.#untilMs - reserveMs / 2
    return isFresh ? 0 : Math.min(maxAhead, Math.max(minAhead, 4 * ready))
  }

  /** @param after only those above this one are of use. @returns the first of them, and how many there are, at most `most` */
  take(most: number, after: Timestamp, nowMs: number): readonly [start: Timestamp, count: number] {
    if (nowMs >= this.#untilMs || this.#start <= after) this.clear()
    const start = this.#start
    const count = Math.min(most, this.#count)
    this.#start += count
    this.#count -= count
    return [start, count]
  }

  /** The clock has granted these; what was left of others is older. */
  put(start: Timestamp, count: number, nowMs: number): void {
    this.#start = start
    this.#count = count
    this.#untilMs = nowMs + reserveMs
  }

  clear(): void {
    this.#count = 0
  }
}
