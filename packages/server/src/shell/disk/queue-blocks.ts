/**
 * The queue on disk: each transaction writes what it has queued as a block (or a few). Most entries leave soon, many at a time,
 * and a block goes with the last of its entries; until then a list beside it tells which of them have left.
 *
 * What comes and goes within one transaction is never written.
 */
import type { PendingEntry, PublisherId } from '@jwp/protocol'
import { packPending } from '@jwp/protocol'
import { blockLength } from './block-length.js'
import { encodeRecord } from './record.js'
import type { Tables } from './tables.js'

type EntryId = readonly [PublisherId, number]
/** `[publisher, first n, count]` */
export type NumberRun = [PublisherId, number, number]

interface QueueBlock {
  readonly number: number
  left: number
  readonly gone: NumberRun[]
}

export class QueueBlocks {
  readonly #tables: Tables
  readonly #blockOf = new Map<PublisherId, Map<number, QueueBlock>>()
  #nextNumber = 1
  /** Queued by the transaction that is being put together. */
  #queued = new Map<PublisherId, Map<number, PendingEntry>>()
  readonly #touched = new Set<QueueBlock>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** A block that the disk has: these of its entries are in the queue, those have left it. */
  restored(number: number, entries: readonly PendingEntry[], gone: readonly NumberRun[]): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1)
    this.#index({ number, left: entries.length, gone: [...gone] }, entries)
  }

  /** One change; the entries that leave come first. */
  change(queued: readonly PendingEntry[], unqueued: readonly EntryId[]): void {
    for (const [publisher, n] of unqueued)
      if (this.#queued.get(publisher)?.delete(n) !== true) this.#take(publisher, n)
    for (const entry of queued) {
      const own = this.#queued.get(entry.publisher)
      if (own === undefined) this.#queued.set(entry.publisher, new Map([[entry.n, entry]]))
      else own.set(entry.n, entry)
    }
  }

  /** The transaction is complete: writes what is left of its changes. */
  write(): void {
    for (const block of this.#touched) {
      if (block.left > 0) void this.#tables.unqueued.put(block.number, encodeRecord(block.gone))
      else {
        void this.#tables.queue.remove(block.number)
        void this.#tables.unqueued.remove(block.number)
      }
    }
    this.#touched.clear()
    const entries: PendingEntry[] = []
    for (const own of this.#queued.values()) for (const entry of own.values()) entries.push(entry)
    this.#queued.clear()
    for (let at = 0; at < entries.length;) {
      const block = entries.slice(at, at + blockLength(entries, at))
      const number = this.#nextNumber++
      void this.#tables.queue.put(number, encodeRecord(packPending(block)))
      this.#index({ number, left: block.length, gone: [] }, block)
      at += block.length
    }
  }

  #index(block: QueueBlock, entries: readonly PendingEntry[]): void {
    for (const { publisher, n } of entries) {
      let blocks = this.#blockOf.get(publisher)
      if (blocks === undefined) this.#blockOf.set(publisher, (blocks = new Map<number, QueueBlock>()))
      blocks.set(n, block)
    }
  }

  #take(publisher: PublisherId, n: number): void {
    const blocks = this.#blockOf.get(publisher)
    const block = blocks?.get(n)
    if (blocks === undefined || block === undefined) return
    blocks.delete(n)
    if (blocks.size === 0) this.#blockOf.delete(publisher)
    block.left--
    const run = block.gone.at(-1)
    if (run !== undefined && run[0] === publisher && run[1] + run[2] === n) run[2]++
    else block.gone.push([publisher, n, 1])
    this.#touched.add(block)
  }
}
