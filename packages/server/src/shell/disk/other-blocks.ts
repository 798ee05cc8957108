/** The places of dropped entries that were no activities: one block per drop, the oldest removed when there are enough. */
import type { LogIndex } from '@jwp/protocol'
import { maxRememberedOthers } from '@jwp/protocol'
import { encodeRecord } from './record.js'
import type { Tables } from './tables.js'

export class OtherBlocks {
  readonly #tables: Tables
  /** `[key, places in it]`, oldest first. */
  #blocks: (readonly [LogIndex, number])[]
  #count: number

  constructor(tables: Tables, blocks: readonly (readonly [LogIndex, number])[]) {
    this.#tables = tables
    this.#blocks = [...blocks]
    this.#count = blocks.reduce((sum, [, count]) => sum + count, 0)
  }

  restart(): void {
    void this.#tables.others.clearAsync()
    this.#blocks = []
    this.#count = 0
  }

  /** `index`: the base that they lie below; rises from call to call. */
  append(index: LogIndex, others: readonly LogIndex[]): void {
    if (others.length === 0) return
    void this.#tables.others.put(index, encodeRecord(others))
    this.#blocks.push([index, others.length])
    this.#count += others.length
    // Reading keeps the newest; this only keeps the table from growing.
    while (this.#count - this.#blocks[0]![1] >= maxRememberedOthers) {
      const [oldest, count] = this.#blocks.shift()!
      this.#count -= count
      void this.#tables.others.remove(oldest)
    }
  }
}
