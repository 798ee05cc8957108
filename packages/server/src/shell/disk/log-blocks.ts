/**
 * The log on disk: blocks of entries in columns, under the index of their first.
 *
 * A block is never rewritten. Cutting the log removes the blocks that begin beyond the end; one that reaches across it
 * keeps its tail, which no longer counts: a block counts up to where the next one begins, and the last one up to the
 * end. In the same way a block goes when all of its entries that count are at or below the base.
 */
import type { LogIndex, LogRun } from '@jwp/protocol'
import { countOf, inBatches, packLog } from '@jwp/protocol'
import { encodeBlock } from './record.js'
import { diskBlockLimits, type Tables } from './tables.js'

export class LogBlocks {
  readonly #tables: Tables
  /** First indexes in rising order; the first `#dead` are gone already. */
  #firsts: LogIndex[]
  #dead = 0
  #end: LogIndex

  constructor(tables: Tables, firsts: LogIndex[], end: LogIndex) {
    this.#tables = tables
    this.#firsts = firsts
    this.#end = end
  }

  get end(): LogIndex {
    return this.#end
  }

  restart(index: LogIndex): void {
    void this.#tables.log.clearAsync()
    this.#firsts = []
    this.#dead = 0
    this.#end = index
  }

  cutTo(end: LogIndex): void {
    if (end >= this.#end) return
    this.#end = end
    while (this.#firsts.length > this.#dead && this.#firsts.at(-1)! > end)
      void this.#tables.log.remove(this.#firsts.pop()!)
  }

  append(from: LogIndex, runs: readonly LogRun[]): void {
    let first = from
    for (const block of inBatches(runs, diskBlockLimits)) {
      void this.#tables.log.put(first, encodeBlock(packLog(block)))
      this.#firsts.push(first)
      first += countOf(block)
    }
    this.#end = first - 1
  }

  dropTo(base: LogIndex): void {
    while (this.#dead < this.#firsts.length && this.#lastOf(this.#dead) <= base)
      void this.#tables.log.remove(this.#firsts[this.#dead++]!)
    if (this.#dead * 2 > this.#firsts.length) {
      this.#firsts.splice(0, this.#dead)
      this.#dead = 0
    }
    this.#end = Math.max(this.#end, base)
  }

  /** The last index that counts of the block at this place. */
  #lastOf(place: number): LogIndex {
    const next = this.#firsts[place + 1]
    return next === undefined ? this.#end : next - 1
  }
}
