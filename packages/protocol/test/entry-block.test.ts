/** Columns say what the entries said, in runs; columns that do not fit together are refused before they cost anything. */
import {
  asEpoch,
  asPublisherId,
  countOf,
  entriesIn,
  entryKinds,
  EntryRun,
  LogRun,
  logRuns,
  MalformedBlock,
  packLog,
  packPending,
  pendingIn,
  pendingRuns,
  unpackLog,
  unpackPending,
  type LogEntry,
  type PendingEntry,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'
import { logEntry, logRun, pendingEntry } from './support/server-message-arbitraries.js'

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

const byte = Uint8Array.of(7)

const good = () => packLog(logRuns([{ ...steady(1), epoch: '1.a#1' as never, timestamp: 5 }]))

/** As they are in a block. */
const lengths = (...all: number[]): Uint8Array => new Uint8Array(Uint32Array.from(all).buffer)

for (const [what, spoil] of [
  ['a count that nobody could hold', { runs: [['p', 0, 1, 2 ** 52, '', 0]] }],
  ['a count of none', { runs: [['p', 0, 1, 0, '', 0], ...good().runs] }],
  ['a count that is no number', { runs: [['p', 0, 1, '1', '', 0]] }],
  [
    'a count that is no whole number',
    {
      runs: [
        ['p', 0, 1, 0.5, '', 0],
        ['p', 0, 2, 0.5, '', 0],
      ],
    },
  ],
  ['runs that cover fewer', { runs: [] }],
  ['runs that cover more', { runs: [['p', 0, 1, 2, '', 0]] }],
  ['more runs than entries', { runs: [...good().runs, ...good().runs] }],
  ['runs that are no list', { runs: { length: 1 } }],
  ['a run that is no list', { runs: ['p'] }],
  ['a publisher that is no text', { runs: [[1, 0, 1, 1, '', 0]] }],
  ['an endless publisher', { runs: [['p'.repeat(10_000), 0, 1, 1, '', 0]] }],
  ['a kind that does not exist', { runs: [['p', entryKinds.length, 1, 1, '', 0]] }],
  ['a kind that is a property of lists', { runs: [['p', 'length', 1, 1, '', 0]] }],
  ['numbers past what is exact', { runs: [['p', 0, Number.MAX_SAFE_INTEGER, 1, '', 0]] }],
  ['an activity of nobody', { runs: [['', 0, 1, 1, '', 0]] }],
  ['a marker of somebody', { runs: [['p', 3, 0, 1, '', 0]] }],
  ['an activity numbered 0', { runs: [['p', 0, 0, 1, '', 0]] }],
  ['a topic', { runs: [['p', 0, 1, 1, 'news', 0]] }],
  ['a flag', { runs: [['p', 0, 1, 1, '', 1]] }],
  ['no topic and no flags', { runs: [['p', 0, 1, 1]] }],
  ['lengths past the bodies', { lengths: lengths(10_000) }],
  ['lengths that leave bytes over', { lengths: lengths(1) }],
  ['a length of more than 31 bits', { lengths: lengths(2 ** 31 + good().bodies.length) }],
  ['the longest length', { lengths: lengths(2 ** 32 - 1) }],
  [
    'lengths that come to the right sum when they wrap around',
    { runs: [['p', 0, 1, 2, '', 0]], lengths: lengths(2 ** 32 - 1, good().bodies.length + 1) },
  ],
  [
    'lengths whose halves of 32 bits wrap around',
    { runs: [['p', 0, 1, 2, '', 0]], lengths: lengths(2 ** 31, 2 ** 31 + good().bodies.length) },
  ],
  ['a length of three bytes', { lengths: good().lengths.subarray(0, 3) }],
  ['a length and a byte', { lengths: new Uint8Array(5) }],
  ['lengths that are numbers', { lengths: [good().bodies.length] }],
  ['bodies nobody has', { bodies: new Uint8Array(100) }],
  ['bodies that are text', { bodies: 'x' }],
  ['no epochs', { epochs: undefined }],
  ['no epoch', { epochs: [] }],
  ['an epoch that is no text', { epochs: [1] }],
  ['an endless epoch', { epochs: ['x'.repeat(10_000)] }],
  ['no places', { places: undefined }],
  ['places for fewer', { places: [] }],
  ['places for more', { places: [...good().places, ...good().places] }],
  ['a place that is no list', { places: [0] }],
  ['an epoch that is not there', { places: [[1, 5]] }],
  ['an epoch before the first', { places: [[-1, 5]] }],
  ['an epoch that is a property of lists', { places: [['length', 5]] }],
  ['a timestamp that is none', { places: [[0, 0.5]] }],
  ['timestamps past what is exact', { places: [[0, Number.MAX_SAFE_INTEGER]] }],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.notThrows(() => unpackLog(good()))
    t.throws(() => unpackLog({ ...good(), ...spoil }), { instanceOf: MalformedBlock })
  })
}

for (const nothing of [undefined, null, 7, 'block', [], new Uint8Array(4)])
  test(`refused: ${typeof nothing} ${String(nothing)} for a block`, (t) => {
    t.throws(() => unpackLog(nothing), { instanceOf: MalformedBlock })
    t.throws(() => unpackPending(nothing), { instanceOf: MalformedBlock })
  })

test('more entries than may be are refused, as many as may be are not', (t) => {
  const block = packPending([
    EntryRun.ofBodies(
      asPublisherId('p'),
      'activity',
      1,
      [1, 2, 3].map(() => byte),
    ),
  ])
  t.is(countOf(unpackPending(block, 3)), 3)
  t.throws(() => unpackPending(block, 2), { instanceOf: MalformedBlock, message: /too many/ })
})

test('no marker goes up', (t) => {
  const block = { runs: [['', 3, 0, 1, '', 0]], lengths: lengths(0), bodies: new Uint8Array(0) }
  t.throws(() => unpackPending(block), { instanceOf: MalformedBlock, message: /marker/ })
})

test('long bodies have lengths of more than two bytes', (t) => {
  const bodies = [70_000, 0, 17_000_000, 1].map((length) => new Uint8Array(length).fill(length))
  const run = EntryRun.ofBodies(asPublisherId('p'), 'activity', 1, bodies)
  const [unpacked] = unpackPending(packPending([run]))
  t.deepEqual([...unpacked!.ends], [70_000, 70_000, 17_070_000, 17_070_001])
  t.true(Buffer.from(unpacked!.bodies).equals(run.bodies))
})

test('however runs are cut, what continues is packed as one', (t) => {
  const cutRuns = fc.array(logRun, { maxLength: 10 }).chain((runs) =>
    fc.tuple(
      fc.constant(runs),
      fc
        .tuple(...runs.map(({ count }) => fc.nat(count)))
        .map((cuts) =>
          runs
            .flatMap((run, k) => [run.slice(0, cuts[k]), run.slice(cuts[k]!)])
            .filter(({ count }) => count > 0),
        ),
    ),
  )
  fc.assert(
    fc.property(cutRuns, ([runs, pieces]) => {
      t.deepEqual(packLog(pieces), packLog(runs))
      t.deepEqual(packPending(pieces), packPending(runs))
      t.deepEqual(entriesIn(unpackLog(packLog(pieces))), entriesIn(runs))
    }),
  )
})

test('a run ends where the publisher, the kind, the numbers, the epoch or the timestamps do not go on', (t) => {
  const first = { ...steady(1), epoch: asEpoch('1.a#1'), timestamp: 5 }
  const next = { ...steady(2), epoch: asEpoch('1.a#1'), timestamp: 6 }
  const runsOf = (entry: LogEntry): number => packLog([LogRun.of(first), LogRun.of(entry)]).runs.length
  t.is(runsOf(next), 1)
  t.is(runsOf({ ...next, publisher: asPublisherId('q') }), 2)
  t.is(runsOf({ ...next, kind: 'barrier' }), 2)
  t.is(runsOf({ ...next, n: 3 }), 2)
  t.is(runsOf({ ...next, epoch: asEpoch('2.a#1') }), 2)
  t.is(runsOf({ ...next, timestamp: 7 }), 2)
  t.deepEqual(packLog([LogRun.of(first), LogRun.of({ ...next, timestamp: 9 })]).epochs, ['1.a#1'])
})
