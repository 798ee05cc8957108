/** Batches: all of it in its order, none beyond the limits, and none smaller than it need be. */
import {
  asPublisherId,
  bytesOf,
  countOf,
  EntryRun,
  inBatches,
  pendingIn,
  pendingRuns,
  type PendingEntry,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { pendingRun } from './support/server-message-arbitraries.js'

const entry = (n: number, length: number): PendingEntry => ({
  publisher: asPublisherId('a'),
  n,
  kind: 'activity',
  body: new Uint8Array(length),
})

test('a batch ends with the entry that makes it long enough', (t) => {
  const runs = pendingRuns([entry(1, 50), entry(2, 50), entry(3, 2), entry(4, 100)])
  const batches = [...inBatches(runs, { maxEntries: 100, maxBytes: 100 })]
  t.deepEqual(
    batches.map((batch) => pendingIn(batch).map(({ n }) => n)),
    [
      [1, 2],
      [3, 4],
    ],
  )
  t.deepEqual([...inBatches([], { maxEntries: 100, maxBytes: 100 })], [])
})

test('a run that fits is carried as it is', (t) => {
  const runs = [EntryRun.of(entry(1, 10)), EntryRun.of(entry(7, 10))]
  const [batch] = inBatches(runs, { maxEntries: 3, maxBytes: 100 })
  for (const [k, run] of batch!.entries()) t.is(run, runs[k]!)
})

/** The same, entry by entry: how many there are in each batch. */
function plainBatches(entries: readonly PendingEntry[], maxEntries: number, maxBytes: number): number[] {
  const counts: number[] = []
  let count = 0
  let bytes = 0
  for (const { body } of entries) {
    count++
    bytes += body.length
    if (count < maxEntries && bytes < maxBytes) continue
    counts.push(count)
    count = bytes = 0
  }
  return count === 0 ? counts : [...counts, count]
}

test('all entries come in their order, each batch as large as the limits let it be', (t) => {
  fc.assert(
    fc.property(
      fc.array(pendingRun, { maxLength: 20 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 120 }),
      (runs, maxEntries, maxBytes) => {
        const batches = [...inBatches(runs, { maxEntries, maxBytes })]
        t.deepEqual(batches.flatMap(pendingIn), pendingIn(runs))
        for (const batch of batches) {
          t.true(countOf(batch) <= maxEntries)
          const lengths = pendingIn(batch).map(({ body }) => body.length)
          const last = lengths.filter((length) => length > 0).at(-1) ?? 0
          t.true(bytesOf(batch) - last < maxBytes, 'only the last one that has bytes may lead beyond it')
        }
        // Of bodies without a byte as many are taken as there is room for.
        const noLessFull = plainBatches(pendingIn(runs), maxEntries, maxBytes)
        t.true(batches.length <= noLessFull.length)
      },
    ),
    { numRuns: 300 },
  )
})
