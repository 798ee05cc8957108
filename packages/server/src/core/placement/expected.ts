/**
 * Clients that this server has promised to take, and that are on their way. They count as if they were here already;
 * otherwise a server that many ask at once would be flooded. A client that does not arrive within a while is no
 * longer expected.
 *
 * The first client that logs in uses the promise, sent or not: they cannot be told apart. A client that was sent must
 * not then count as one too many and be sent on, so clients that continue a session are counted a second time, among
 * themselves.
 */
import type { TurnTime } from '../turn-time.js'
import { earliest } from '../earliest.js'

export interface ExpectedNeeds {
  readonly time: TurnTime
}
/** A redirected client connects and logs in within this, in milliseconds; a login may wait for a hash. */
const expectedForMs = 2_000

export class Expected {
  readonly #needs: ExpectedNeeds
  readonly #places = new Promises()
  readonly #sessions = new Promises()

  constructor(needs: ExpectedNeeds) {
    this.#needs = needs
  }

  /** All together. */
  get count(): number {
    return this.#places.count
  }

  add(count: number): void {
    const untilMs = this.#needs.time.nowMs + expectedForMs
    this.#places.add(count, untilMs)
    this.#sessions.add(count, untilMs)
  }

  /** A client logs in. True: one was expected. */
  arrived(): boolean {
    return this.#places.take()
  }

  /**
   * A client that has logged in continues a session. True: one was expected, and may have lost its room to others.
   */
  wentOn(): boolean {
    return this.#sessions.take()
  }

  tick(): void {
    const { nowMs } = this.#needs.time
    this.#places.forget(nowMs)
    this.#sessions.forget(nowMs)
  }

  nextDeadlineMs(): number | undefined {
    return earliest(this.#places.nextDeadlineMs(), this.#sessions.nextDeadlineMs())
  }
}

/** Each for one client, and for a while. */
class Promises {
  /** Oldest first. */
  readonly #groups: { count: number; readonly untilMs: number }[] = []
  /** All together. */
  count = 0

  add(count: number, untilMs: number): void {
    this.count += count
    const newest = this.#groups.at(-1)
    if (newest?.untilMs === untilMs) newest.count += count
    else this.#groups.push({ count, untilMs })
  }

  take(): boolean {
    const oldest = this.#groups[0]
    if (oldest === undefined) return false
    this.count--
    if (--oldest.count === 0) this.#groups.shift()
    return true
  }

  forget(nowMs: number): void {
    while (this.#groups[0] !== undefined && this.#groups[0].untilMs <= nowMs)
      this.count -= this.#groups.shift()!.count
  }

  nextDeadlineMs(): number | undefined {
    return this.#groups[0]?.untilMs
  }
}
