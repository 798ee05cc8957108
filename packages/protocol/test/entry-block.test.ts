/** Columns say what the entries said, in runs; columns that do not fit together are refused before they cost anything. */
import {
  asPublisherId,
  entriesIn,
  entryKinds,
  EntryRun,
  logRuns,
  MalformedBlock,
  packLog,
  packPending,
  pendingIn,
  pendingRuns,
  unpackLog,
  unpackPending,
  type PendingEntry,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'
import { logEntry, pendingEntry } from './support/server-message-arbitraries.js'

test('any log comes out as it went in', (t) => {
  fc.assert(
    fc.property(fc.array(logEntry, { maxLength: 60 }), (entries) => {
      t.deepEqual(entriesIn(unpackLog(packLog(logRuns(entries)))), entries)
    }),
  )
})

test('any pending entries come out as they went in', (t) => {
  fc.assert(
    fc.property(fc.array(pendingEntry, { maxLength: 60 }), (entries) => {
      t.deepEqual(pendingIn(unpackPending(packPending(pendingRuns(entries)))), entries)
    }),
  )
})

const steady = (n: number): PendingEntry => ({
  publisher: asPublisherId('p'),
  n,
  kind: 'activity',
  body: Buffer.from(`{"n":${n}}`),
})

test('a publisher that goes on counting costs one run, however many entries', (t) => {
  const block = packPending(Array.from({ length: 500 }, (_, i) => EntryRun.of(steady(i + 7))))
  t.deepEqual(block.runs, [['p', 0, 7, 500, '', 0]])
})

test('bodies are views into the block', (t) => {
  const block = packPending(pendingRuns([steady(1), steady(2)]))
  for (const { body } of pendingIn(unpackPending(block))) t.is(body.buffer, block.bodies.buffer)
})

test('a spoilt block is a MalformedBlock or still a block', (t) => {
  let refused = 0
  const spoilt = fc
    .array(logEntry, { minLength: 1, maxLength: 8 })
    .chain((entries) => mutated(packLog(logRuns(entries))))
  fc.assert(
    fc.property(spoilt, (block) => {
      try {
        const runs = unpackLog(block, 100)
        t.deepEqual(entriesIn(unpackLog(packLog(runs))), entriesIn(runs))
      } catch (error) {
        if (!(error instanceof MalformedBlock)) throw error
        refused++
      }
    }),
    { numRuns: 3_000 },
  )
  t.true(refused > 1_000)
})

const good = () => packLog(logRuns([{ ...steady(1), epoch: '1.a#1' as never, timestamp: 5 }]))

for (const [what, spoil] of [
  ['a count that nobody could hold', { runs: [['p', 0, 1, 2 ** 52]] }],
  ['runs that cover fewer', { runs: [] }],
  ['a kind that does not exist', { runs: [['p', entryKinds.length, 1, 1]] }],
  ['a kind that is a property of lists', { runs: [['p', 'length', 1, 1]] }],
  ['numbers past what is exact', { runs: [['p', 0, Number.MAX_SAFE_INTEGER, 1]] }],
  ['an activity of nobody', { runs: [['', 0, 1, 1]] }],
  ['a marker of somebody', { runs: [['p', 3, 0, 1]] }],
  ['an activity numbered 0', { runs: [['p', 0, 0, 1]] }],
  ['lengths past the bodies', { lengths: [10_000] }],
  ['a negative length', { lengths: [-1] }],
  ['bodies nobody has', { bodies: new Uint8Array(100) }],
  ['bodies that are text', { bodies: 'x' }],
  ['no epochs', { epochs: undefined }],
  ['an endless epoch', { epochs: [['x'.repeat(10_000), 1]] }],
  ['epochs for more', { epochs: [['1.a#1', 2]] }],
  ['timestamps past what is exact', { timestamps: [[Number.MAX_SAFE_INTEGER, 1]] }],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.notThrows(() => unpackLog(good()))
    t.throws(() => unpackLog({ ...good(), ...spoil }), { instanceOf: MalformedBlock })
  })
}

test('no marker goes up', (t) => {
  const block = { runs: [['', 3, 0, 1]], lengths: [0], bodies: new Uint8Array(0) }
  t.throws(() => unpackPending(block), { instanceOf: MalformedBlock, message: /marker/ })
})
