/** The queue on disk, as blocks: what they hold is the queue, after any transactions and starts. */
import test from 'ava'
import {
  asPublisherId,
  countOf,
  EntryRun,
  pendingIn,
  RunTable,
  unpackPending,
  type NumberRange,
  type PendingEntry,
} from '@jwp/protocol'
import fc from 'fast-check'
import { QueueBlocks } from '#dist/shell/disk/queue-blocks.js'
import { decodeBlock, decodeRecord } from '#dist/shell/disk/record.js'
import { diskBlockLimits, type Tables } from '#dist/shell/disk/tables.js'
import { inOrder, keyOf, runOf, span } from './support/random-runs.js'

/** The two tables of the queue, in memory. */
class Disk {
  readonly queue = new PlainTable()
  readonly unqueued = new PlainTable()
  readonly tables = this as unknown as Tables

  /** What each block holds, and what has left it. */
  blocks(): { number: number; runs: EntryRun[]; gone: NumberRange[] }[] {
    return [...this.queue.rows].map(([number, row]) => {
      const left = this.unqueued.rows.get(number)
      const gone = left === undefined ? [] : (decodeRecord(left, 'left') as NumberRange[])
      const table = new RunTable()
      for (const run of unpackPending(decodeBlock(row, 'block'))) table.add(run)
      for (const range of gone) table.take(...range)
      return { number, runs: table.all(), gone }
    })
  }

  entries(): PendingEntry[] {
    return this.blocks().flatMap(({ runs }) => pendingIn(runs))
  }

  /** As a process that starts reads it. */
  reopened(): QueueBlocks {
    const blocks = new QueueBlocks(this.tables)
    for (const { number, runs, gone } of this.blocks()) blocks.restored(number, runs, gone)
    return blocks
  }
}

class PlainTable {
  readonly rows = new Map<number, Buffer>()

  put(number: number, row: Buffer): Promise<boolean> {
    this.rows.set(number, Buffer.from(row))
    return Promise.resolve(true)
  }

  remove(number: number): Promise<boolean> {
    return Promise.resolve(this.rows.delete(number))
  }
}

const a = asPublisherId('a')

test('a transaction writes one block; it goes with the last of its entries, and so does what tells who has left', (t) => {
  const disk = new Disk()
  const blocks = new QueueBlocks(disk.tables)
  blocks.change([runOf(a, 1, 3), runOf(asPublisherId('b'), 1, 1)], [])
  blocks.write()
  t.is(disk.queue.rows.size, 1)
  t.deepEqual(disk.entries().map(keyOf), ['a1', 'a2', 'a3', 'b1'])
  blocks.change([], [[a, 1, 1]])
  blocks.change([], [[a, 2, 1]])
  blocks.write()
  t.deepEqual(disk.blocks()[0]!.gone, [[a, 1, 2]], 'side by side')
  t.deepEqual(disk.entries().map(keyOf), ['a3', 'b1'])
  blocks.change([], [[asPublisherId('b'), 1, 1]])
  blocks.change([], [[a, 3, 5]])
  blocks.write()
  t.deepEqual([disk.queue.rows.size, disk.unqueued.rows.size], [0, 0])
})

test('what comes and goes within one transaction is never written', (t) => {
  const disk = new Disk()
  const blocks = new QueueBlocks(disk.tables)
  blocks.change([runOf(a, 1, 4)], [])
  blocks.change([], [[a, 2, 9]])
  blocks.write()
  t.deepEqual(disk.entries().map(keyOf), ['a1'])
  blocks.change([runOf(a, 7, 1)], [])
  blocks.change([], [[a, 7, 1]])
  blocks.write()
  t.is(disk.queue.rows.size, 1)
})

test('what leaves a block and comes back lies in another one, and leaves that', (t) => {
  const disk = new Disk()
  const blocks = new QueueBlocks(disk.tables)
  blocks.change([runOf(a, 1, 3, 1)], [])
  blocks.write()
  blocks.change([], [[a, 2, 1]])
  blocks.change([runOf(a, 2, 1, 2)], [])
  blocks.write()
  t.deepEqual(inOrder(disk.entries()), [
    ...pendingIn([runOf(a, 1, 1, 1), runOf(a, 2, 1, 2)]),
    ...pendingIn([runOf(a, 1, 3, 1).slice(2)]),
  ])
  blocks.change([], [[a, 2, 1]])
  blocks.write()
  t.deepEqual(disk.entries().map(keyOf), ['a1', 'a3'])
  t.is(disk.queue.rows.size, 1)
})

test('a long queue is written in blocks within their limits', (t) => {
  const disk = new Disk()
  const blocks = new QueueBlocks(disk.tables)
  const many = 2 * diskBlockLimits.maxEntries + 1
  blocks.change([runOf(a, 1, many)], [])
  blocks.write()
  t.deepEqual(
    disk.blocks().map(({ runs }) => countOf(runs)),
    [diskBlockLimits.maxEntries, diskBlockLimits.maxEntries, 1],
  )
  const body = new Uint8Array(diskBlockLimits.maxBytes)
  blocks.change([EntryRun.ofBodies(a, 'activity', many + 1, [body, body])], [[a, 1, many]])
  blocks.write()
  t.is(disk.queue.rows.size, 2)
})

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('queue' as const, 'unqueue' as const), span }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('write' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reopen' as const) }) },
)

test('after any transactions and starts the blocks hold what a plain queue holds, and none is empty', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const disk = new Disk()
      let blocks = new QueueBlocks(disk.tables)
      const plain = new Map<string, PendingEntry>()
      const check = (): void => {
        t.deepEqual(inOrder(disk.entries()), inOrder(plain.values()))
        for (const { runs } of disk.blocks()) t.true(countOf(runs) > 0)
        for (const number of disk.unqueued.rows.keys()) t.true(disk.queue.rows.has(number))
      }
      for (const [mark, each] of steps.entries()) {
        if (each.do === 'write' || each.do === 'reopen') {
          blocks.write()
          check()
          if (each.do === 'reopen') blocks = disk.reopened()
          continue
        }
        const { publisher, firstN, count } = each.span
        if (each.do === 'unqueue') {
          // As a journal tells it: only what is there.
          const there = new RunTable()
          for (const entry of inOrder(plain.values())) there.add(EntryRun.of(entry))
          const taken = there.take(publisher, firstN, count)
          blocks.change(
            [],
            taken.map((run): NumberRange => [run.publisher, run.firstN, run.count]),
          )
          for (const entry of pendingIn(taken)) plain.delete(keyOf(entry))
        } else {
          const fresh = pendingIn([runOf(publisher, firstN, count, mark)]).filter(
            (entry) => !plain.has(keyOf(entry)),
          )
          blocks.change(
            fresh.map((entry) => EntryRun.of(entry)),
            [],
          )
          for (const entry of fresh) plain.set(keyOf(entry), entry)
        }
      }
      blocks.write()
      check()
    }),
    { numRuns: 200 },
  )
})
