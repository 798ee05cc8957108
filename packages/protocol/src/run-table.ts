/** Entries by publisher and number, kept as runs: what was added as one run costs as much as one entry. */
import type { PendingEntry } from './entry.js'
import { EntryRun } from './entry-run.js'
import type { PublisherId } from './ids.js'

export class RunTable {
  /** Of each publisher, rising, no two with the same number. */
  readonly #byPublisher = new Map<PublisherId, EntryRun[]>()
  #size = 0
  #bytes = 0

  /** How many entries are here. */
  get size(): number {
    return this.#size
  }

  /** Of their bodies. */
  get bytes(): number {
    return this.#bytes
  }

  has(publisher: PublisherId, n: number): boolean {
    return this.#runWith(publisher, n) !== undefined
  }

  get(publisher: PublisherId, n: number): PendingEntry | undefined {
    const run = this.#runWith(publisher, n)
    return run?.pendingAt(n - run.firstN)
  }

  /** Keeps what is not here yet, and returns that. */
  add(run: EntryRun): EntryRun[] {
    const runs = this.#byPublisher.get(run.publisher)
    if (runs === undefined) this.#byPublisher.set(run.publisher, [run])
    else if (runs.at(-1)!.lastN < run.firstN) runs.push(run)
    else return this.#fillIn(runs, run)
    this.#size += run.count
    this.#bytes += run.byteLength
    return [run]
  }

  /** Removes what is here of these numbers, and returns it. */
  take(publisher: PublisherId, firstN: number, count: number): EntryRun[] {
    const runs = this.#byPublisher.get(publisher)
    const endN = firstN + count
    if (runs === undefined || runs[0]!.firstN >= endN) return []
    const taken: EntryRun[] = []
    const kept: EntryRun[] = []
    let at = 0
    for (; at < runs.length && runs[at]!.firstN < endN; at++) {
      const run = runs[at]!
      const from = Math.max(0, firstN - run.firstN)
      const to = Math.min(run.count, endN - run.firstN)
      if (from >= to) {
        kept.push(run)
        continue
      }
      const part = run.slice(from, to)
      taken.push(part)
      this.#size -= part.count
      this.#bytes -= part.byteLength
      if (from > 0) kept.push(run.slice(0, from))
      if (to < run.count) kept.push(run.slice(to))
    }
    if (taken.length > 0) {
      runs.splice(0, at, ...kept)
      if (runs.length === 0) this.#byPublisher.delete(publisher)
    }
    return taken
  }

  /** The entries from this number on that lie in one run, at most so many; undefined: it is not here. */
  runFrom(publisher: PublisherId, n: number, most: number): EntryRun | undefined {
    const run = this.#runWith(publisher, n)
    if (run === undefined) return undefined
    const from = n - run.firstN
    return run.slice(from, Math.min(run.count, from + most))
  }

  /** The last number up to which all from `n` on are here; `n - 1`: that one is not. */
  lastFrom(publisher: PublisherId, n: number): number {
    let last = n - 1
    for (const run of this.#byPublisher.get(publisher) ?? []) {
      if (run.lastN <= last) continue
      if (run.firstN > last + 1) break
      last = run.lastN
    }
    return last
  }

  /** The lowest number of this publisher. */
  lowest(publisher: PublisherId): number | undefined {
    return this.#byPublisher.get(publisher)?.[0]?.firstN
  }

  publishers(): Iterable<PublisherId> {
    return this.#byPublisher.keys()
  }

  /** Everything, each publisher's runs in rising order. */
  all(): EntryRun[] {
    return [...this.#byPublisher.values()].flat()
  }

  clear(): void {
    this.#byPublisher.clear()
    this.#size = 0
    this.#bytes = 0
  }

  #runWith(publisher: PublisherId, n: number): EntryRun | undefined {
    const runs = this.#byPublisher.get(publisher)
    if (runs === undefined) return undefined
    const at = placeOf(runs, n)
    return at < runs.length && runs[at]!.firstN <= n ? runs[at] : undefined
  }

  /** Between, or over, what is here. */
  #fillIn(runs: EntryRun[], run: EntryRun): EntryRun[] {
    const added: EntryRun[] = []
    let n = run.firstN
    let at = placeOf(runs, n)
    while (n <= run.lastN) {
      const next = runs[at]
      const endN = next === undefined ? run.lastN + 1 : Math.min(run.lastN + 1, next.firstN)
      if (endN > n) {
        const part = run.slice(n - run.firstN, endN - run.firstN)
        runs.splice(at++, 0, part)
        added.push(part)
        this.#size += part.count
        this.#bytes += part.byteLength
      }
      if (next === undefined) break
      n = next.lastN + 1
      at++
    }
    return added
  }
}

/** The first of these runs that ends at or after `n`. */
function placeOf(runs: readonly EntryRun[], n: number): number {
  let [low, high] = [0, runs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]!.lastN < n) low = middle + 1
    else high = middle
  }
  return low
}

/** Numbers of one publisher: the first, and how many. */
export type NumberRange = readonly [publisher: PublisherId, firstN: number, count: number]
