/**
 * When what was written to a client that does not confirm. Such a client does not say what it has read. But a client
 * whose connection lives on for a second after something was written has read it, or has stopped reading altogether.
 */
import type { LogIndex } from '@jwp/protocol'

/** What was written so long ago, in milliseconds, counts as delivered. */
const settledAfterMs = 1_000
/** Of times closer to each other than this, in milliseconds, only the latest is kept. */
const spacingMs = 100

interface Moment {
  /** Everything up to here was written by then. */
  index: LogIndex
  atMs: number
}

export class DeliveryTimes {
  static readonly settledAfterMs = settledAfterMs
  /** Rising; the first is where delivery began, or what is settled. */
  #moments: Moment[]

  constructor(beganAt: LogIndex) {
    this.#moments = [{ index: beganAt, atMs: -Infinity }]
  }

  /** Everything up to here is written now. */
  wrote(index: LogIndex, nowMs: number): void {
    const moments = this.#moments
    const last = moments.at(-1)!
    if (index <= last.index) return
    // A time that is recorded too late only settles it later.
    if (moments.length > 1 && nowMs - moments.at(-2)!.atMs < spacingMs)
      Object.assign(last, { index, atMs: nowMs })
    else moments.push({ index, atMs: nowMs })
    while (moments.length > 1 && moments[1]!.atMs <= nowMs - settledAfterMs) moments.shift()
  }

  /** Everything up to here was written long enough ago. */
  settledAt(nowMs: number): LogIndex {
    return this.#moments.findLast(({ atMs }) => atMs <= nowMs - settledAfterMs)?.index ?? 0
  }

  /** What comes after `end` is other entries from now on, or is still with us. */
  cutTo(end: LogIndex): void {
    for (const moment of this.#moments) moment.index = Math.min(moment.index, end)
  }

  copy(): DeliveryTimes {
    const copy = new DeliveryTimes(0)
    copy.#moments = this.#moments.map((moment) => ({ ...moment }))
    return copy
  }

  /** These, and the others from that time on. */
  followedBy(others: DeliveryTimes, fromMs: number): DeliveryTimes {
    const all = this.copy()
    for (const { index, atMs } of others.#moments)
      if (atMs > fromMs && index > all.#moments.at(-1)!.index) all.#moments.push({ index, atMs })
    return all
  }
}
