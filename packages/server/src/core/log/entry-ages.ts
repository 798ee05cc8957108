/**
 * How long this server has had the entries of its log, by a monotonic clock that stands while this process does. The
 * calendar counts for nothing here: one that is days ahead must not make a backlog look old.
 *
 * The log's own time agrees: continued from the newest entry by the same clock, an entry is never younger by it than
 * its time here. What comes from a disk or in a snapshot counts from then on.
 */
import type { LogIndex } from '@jwp/protocol'

/** A gap above this, in milliseconds, is no time that went by for us: the machine or the process stood still, or its watch jumped. */
const longestGapMs = 10_000
/** Most marks that are kept. */
const maxMarks = 4_096

interface Mark {
  readonly index: LogIndex
  /** Entries up to `index` were here by then. */
  readonly atMs: number
}

export class EntryAges {
  /** Both rise. */
  #marks: Mark[] = []
  #spacingMs = 0
  #seenMs: number | undefined
  #awakeMs = 0

  /** To be called every second or so. @param last where our log ends at present */
  look(last: LogIndex, nowMs: number): void {
    this.#awakeMs += Math.min(longestGapMs, Math.max(0, nowMs - (this.#seenMs ?? nowMs)))
    this.#seenMs = nowMs
    const newest = this.#marks.at(-1)
    if (newest !== undefined && (last <= newest.index || this.#awakeMs - newest.atMs < this.#spacingMs))
      return
    this.#marks.push({ index: last, atMs: this.#awakeMs })
    if (this.#marks.length > maxMarks) this.#thinOut()
  }

  /** What comes after `end` is other entries from now on. */
  cutTo(end: LogIndex): void {
    while (this.#marks.length > 0 && this.#marks.at(-1)!.index > end) this.#marks.pop()
  }

  /** Ages up to here are no longer needed. */
  dropTo(base: LogIndex): void {
    const kept = this.#marks.findIndex(({ index }) => index > base)
    if (kept !== 0) this.#marks.splice(0, kept < 0 ? this.#marks.length : kept)
  }

  /** The last entry that we have had for longer than this; 0: we know of none. */
  lastOlderThan(ageMs: number): LogIndex {
    const limitMs = this.#awakeMs - ageMs
    let [from, to] = [0, this.#marks.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#marks[middle]!.atMs < limitMs) from = middle + 1
      else to = middle
    }
    return this.#marks[from - 1]?.index ?? 0
  }

  /** Every other one is enough: an entry seems younger than it is by one step at most. */
  #thinOut(): void {
    this.#marks = this.#marks.filter((_mark, k) => k % 2 === 1)
    this.#spacingMs = 2 * Math.max(1_000, this.#spacingMs)
  }
}
