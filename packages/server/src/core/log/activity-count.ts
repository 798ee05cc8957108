/**
 * Counts the activities between two log positions, also where entries are dropped already: a client that missed some
 * gets the exact number. Entries that are no activities (markers, registrations…) are few, so their positions are
 * what is remembered.
 */
import type { LogIndex, LogRun } from '@jwp/protocol'
import { maxRememberedOthers } from '@jwp/protocol'

export class ActivityCount {
  /** Places of entries that are no activities, rising. */
  #others: LogIndex[] = []

  /** @param first the index of the run's first entry */
  appended({ kind, count }: LogRun, first: LogIndex): void {
    if (kind === 'activity') return
    for (let k = 0; k < count; k++) this.#others.push(first + k)
    // The oldest are forgotten in large bites; a client that missed so much gets a number that is a little too high.
    if (this.#others.length > 2 * maxRememberedOthers) this.#others.splice(0, maxRememberedOthers)
  }

  cutTo(end: LogIndex): void {
    this.#others.length = this.#othersUpTo(end)
  }

  restart(others: readonly LogIndex[]): void {
    this.#others = [...others]
  }

  /** The remembered places of other entries after `after` and up to `upTo`. */
  othersBetween(after: LogIndex, upTo: LogIndex): LogIndex[] {
    return this.#others.slice(this.#othersUpTo(after), this.#othersUpTo(upTo)).slice(-maxRememberedOthers)
  }

  /** Activities after `after` and up to `upTo`. */
  between(after: LogIndex, upTo: LogIndex): number {
    return upTo - after - (this.#othersUpTo(upTo) - this.#othersUpTo(after))
  }

  /** How many of the others lie at or below `index`. */
  #othersUpTo(index: LogIndex): number {
    let low = 0
    let high = this.#others.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#others[middle]! <= index) low = middle + 1
      else high = middle
    }
    return low
  }
}
