/**
 * The queue on disk: each transaction writes what it has queued as a block (or a few). Most entries leave soon, many at a time,
 * and a block goes with the last of its entries; until then a list beside it tells which of them have left.
 *
 * What comes and goes within one transaction is never written.
 */
import {
  countOf,
  inBatches,
  packPending,
  RunTable,
  type EntryRun,
  type NumberRange,
  type PublisherId,
} from '@jwp/protocol'
import { encodeBlock, encodeRecord } from './record.js'
import { diskBlockLimits, type Tables } from './tables.js'

interface QueueBlock {
  readonly number: number
  /** How many of its entries are in the queue. */
  left: number
  readonly gone: NumberRange[]
}

/** These numbers of a publisher, those in the queue among them, lie in this block. */
interface Piece {
  readonly block: QueueBlock
  readonly firstN: number
  /** The one after the last. */
  readonly endN: number
}

export class QueueBlocks {
  readonly #tables: Tables
  readonly #piecesOf = new Map<PublisherId, Piece[]>()
  #nextNumber = 1
  /** Queued by the transaction that is being put together. */
  readonly #queued = new RunTable()
  readonly #touched = new Set<QueueBlock>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** A block that the disk has: these of its entries are in the queue, those have left it. */
  restored(number: number, runs: readonly EntryRun[], gone: readonly NumberRange[]): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1)
    this.#index({ number, left: countOf(runs), gone: [...gone] }, runs)
  }

  /** One change; the entries that leave come first. */
  change(queued: readonly EntryRun[], unqueued: readonly NumberRange[]): void {
    for (const [publisher, firstN, count] of unqueued) {
      this.#queued.take(publisher, firstN, count)
      this.#take(publisher, firstN, firstN + count)
    }
    for (const run of queued) this.#queued.add(run)
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
    for (const runs of inBatches(this.#queued.all(), diskBlockLimits)) {
      const number = this.#nextNumber++
      void this.#tables.queue.put(number, encodeBlock(packPending(runs)))
      this.#index({ number, left: countOf(runs), gone: [] }, runs)
    }
    this.#queued.clear()
  }

  #index(block: QueueBlock, runs: readonly EntryRun[]): void {
    for (const { publisher, firstN, lastN } of runs) {
      const piece = { block, firstN, endN: lastN + 1 }
      const pieces = this.#piecesOf.get(publisher)
      if (pieces === undefined) this.#piecesOf.set(publisher, [piece])
      else pieces.push(piece)
    }
  }

  /** What is on the disk of these numbers leaves the queue. */
  #take(publisher: PublisherId, firstN: number, endN: number): void {
    const pieces = this.#piecesOf.get(publisher)
    if (pieces === undefined) return
    const kept: Piece[] = []
    for (const piece of pieces) {
      const from = Math.max(firstN, piece.firstN)
      const to = Math.min(endN, piece.endN)
      if (from >= to) {
        kept.push(piece)
        continue
      }
      const { block } = piece
      block.left -= to - from
      this.#left(block, publisher, from, to)
      if (from > piece.firstN) kept.push({ block, firstN: piece.firstN, endN: from })
      if (to < piece.endN) kept.push({ block, firstN: to, endN: piece.endN })
    }
    if (kept.length === 0) this.#piecesOf.delete(publisher)
    else this.#piecesOf.set(publisher, kept)
  }

  #left(block: QueueBlock, publisher: PublisherId, from: number, to: number): void {
    const last = block.gone.at(-1)
    if (last !== undefined && last[0] === publisher && last[1] + last[2] === from)
      block.gone[block.gone.length - 1] = [publisher, last[1], last[2] + to - from]
    else block.gone.push([publisher, from, to - from])
    this.#touched.add(block)
  }
}
