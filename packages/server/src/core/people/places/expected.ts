/**
 * Clients that we have promised to take, and that are on their way here: counted as if they were here already, or
 * everybody who is asked by many at once would be flooded. Who does not come within a while is not expected any more.
 */
import type { Parts } from '../../parts.js'

/** A redirected client connects and logs in within this, in milliseconds; a login may wait for a hash. */
const expectedForMs = 2_000

export class Expected {
  readonly #parts: Parts
  /** Oldest first. */
  readonly #groups: { count: number; readonly untilMs: number }[] = []
  /** All together. */
  count = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  add(count: number): void {
    this.count += count
    this.#groups.push({ count, untilMs: this.#parts.time.nowMs + expectedForMs })
  }

  /** Somebody logs in. True: we expected somebody, and nobody can tell them apart. */
  arrived(): boolean {
    const oldest = this.#groups[0]
    if (oldest === undefined) return false
    this.count--
    if (--oldest.count === 0) this.#groups.shift()
    return true
  }

  tick(): void {
    const { nowMs } = this.#parts.time
    while (this.#groups[0] !== undefined && this.#groups[0].untilMs <= nowMs)
      this.count -= this.#groups.shift()!.count
  }

  nextDeadlineMs(): number | undefined {
    return this.#groups[0]?.untilMs
  }
}
