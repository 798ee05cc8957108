/** The runs of the log that are kept, each under the index of its first entry; found by index, cut and dropped at any place. */
import type { LogEntry, LogIndex, LogRun } from '@jwp/protocol'

export class KeptRuns {
  /** The first `#dead` places are dropped runs, not yet reclaimed. */
  #runs: (LogRun | undefined)[] = []
  #firsts: LogIndex[] = []
  #dead = 0
  #last: LogIndex
  /** Where the last search ended: the next one is mostly near. */
  #near = 0

  /** @param base the index before the first entry */
  constructor(base: LogIndex) {
    this.#last = base
  }

  get isEmpty(): boolean {
    return this.#runs.length === this.#dead
  }

  /** Index of the last entry; without any, of the one before the first that would come. */
  get last(): LogIndex {
    return this.#last
  }

  get newest(): LogRun | undefined {
    return this.isEmpty ? undefined : this.#runs.at(-1)
  }

  append(run: LogRun): void {
    this.#runs.push(run)
    this.#firsts.push(this.#last + 1)
    this.#last += run.count
  }

  /** The entry at `index`, which is kept. */
  at(index: LogIndex): LogEntry {
    const place = this.#placeOf(index)
    return this.#runs[place]!.entryAt(index - this.#firsts[place]!)
  }

  /** The entries from `index` on that lie in one run, up to `to`. Both are kept. */
  runFrom(index: LogIndex, to: LogIndex): LogRun {
    const place = this.#placeOf(index)
    const run = this.#runs[place]!
    const first = this.#firsts[place]!
    return run.slice(index - first, Math.min(run.count, to - first + 1))
  }

  /** Removes the entries after `end`, and returns their runs, oldest first. */
  cutTo(end: LogIndex): LogRun[] {
    const removed: LogRun[] = []
    while (this.#last > end) {
      const run = this.#runs.pop()!
      const first = this.#firsts.pop()!
      if (first > end) {
        removed.push(run)
        this.#last = first - 1
        continue
      }
      removed.push(run.slice(end - first + 1))
      this.#runs.push(run.slice(0, end - first + 1))
      this.#firsts.push(first)
      this.#last = end
    }
    return removed.reverse()
  }

  /** Removes the entries up to `index`, and returns their runs, oldest first. */
  dropTo(index: LogIndex): LogRun[] {
    const dropped: LogRun[] = []
    while (!this.isEmpty && this.#firsts[this.#dead]! <= index) {
      const run = this.#runs[this.#dead]!
      const first = this.#firsts[this.#dead]!
      const count = Math.min(run.count, index - first + 1)
      dropped.push(run.slice(0, count))
      if (count < run.count) {
        this.#runs[this.#dead] = run.slice(count)
        this.#firsts[this.#dead] = first + count
      } else this.#runs[this.#dead++] = undefined
    }
    // Reclaim only now and then: splice moves all that remain.
    if (this.#dead > 1024 && this.#dead > this.#runs.length / 2) {
      this.#runs.splice(0, this.#dead)
      this.#firsts.splice(0, this.#dead)
      this.#dead = 0
    }
    return dropped
  }

  #placeOf(index: LogIndex): number {
    const { length } = this.#runs
    for (let place = this.#near; place < Math.min(this.#near + 2, length); place++)
      if (place >= this.#dead && this.#firsts[place]! <= index && index <= this.#lastOf(place))
        return (this.#near = place)
    let [low, high] = [this.#dead, length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#firsts[middle]! <= index) low = middle
      else high = middle - 1
    }
    return (this.#near = low)
  }

  #lastOf(place: number): LogIndex {
    return place + 1 < this.#firsts.length ? this.#firsts[place + 1]! - 1 : this.#last
  }
}
