/** Blocks say what the entries said, in runs; what does not fit together is refused before it costs anything. */
import {
  asEpoch,
  asPublisherId,
  countOf,
  entriesIn,
  entryKinds,
  EntryRun,
  LogRun,
  logRuns,
  MalformedBytes,
  noPublisher,
  PackedMessage,
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
import { logEntry, logRun, pendingEntry } from './support/server-message-arbitraries.js'

const blockOf = (parts: readonly Uint8Array[]): Uint8Array => new PackedMessage(parts).toBytes()

test('any log comes out as it went in', (t) => {
  fc.assert(
    fc.property(fc.array(logEntry, { maxLength: 60 }), (entries) => {
      t.deepEqual(entriesIn(unpackLog(blockOf(packLog(logRuns(entries))))), entries)
    }),
  )
})

test('any pending entries come out as they went in', (t) => {
  fc.assert(
    fc.property(fc.array(pendingEntry, { maxLength: 60 }), (entries) => {
      t.deepEqual(pendingIn(unpackPending(blockOf(packPending(pendingRuns(entries))))), entries)
    }),
  )
})

const steady = (n: number): PendingEntry => ({
  publisher: asPublisherId('p'),
  n,
  kind: 'activity',
  body: Uint8Array.from(Buffer.from(`{"n":${n}}`)),
})

test('a publisher that goes on counting costs one run, however many entries', (t) => {
  const packed = (count: number): number =>
    blockOf(packPending(Array.from({ length: count }, (_, i) => EntryRun.of(steady(i + 10))))).length
  t.is(packed(51) - packed(50), 4 + steady(60).body.length, 'a length and a body')
})

test('bodies are views into the block', (t) => {
  const block = blockOf(packPending(pendingRuns([steady(1), steady(2)])))
  for (const { body } of pendingIn(unpackPending(block))) t.is(body.buffer, block.buffer)
})

test('a block is found wherever it lies in what came', (t) => {
  const runs = logRuns([{ ...steady(1), epoch: asEpoch('1.a#1'), timestamp: 5 }])
  const block = blockOf(packLog(runs))
  const frame = Buffer.concat([Buffer.alloc(3, 0xff), block, Buffer.alloc(3, 0xff)])
  t.deepEqual(entriesIn(unpackLog(frame.subarray(3, 3 + block.length))), entriesIn(runs))
})

test('a spoilt block is refused in words or still a block', (t) => {
  let refused = 0
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  const spoilt = fc
    .record({
      runs: fc.array(logRun, { minLength: 1, maxLength: 8 }),
      changes: fc.array(change, { minLength: 1, maxLength: 3 }),
      longer: fc.constantFrom(0, 0, 0, -1, -9, 1),
    })
    .map(({ runs, changes, longer }) => {
      const block = blockOf(packLog(runs))
      const bytes = Buffer.alloc(Math.max(0, block.length + longer))
      bytes.set(block.subarray(0, bytes.length))
      for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })
  fc.assert(
    fc.property(spoilt, (block) => {
      try {
        const runs = unpackLog(block, 100)
        t.deepEqual(entriesIn(unpackLog(blockOf(packLog(runs)))), entriesIn(runs))
      } catch (error) {
        if (!(error instanceof MalformedBytes)) throw error
        refused++
      }
    }),
    { numRuns: 3_000 },
  )
  t.true(refused > 1_000)
})

interface Run {
  readonly publisher: number
  readonly kind: number
  readonly flags: number
  readonly topic: number
  readonly firstN: number
  readonly count: number
  readonly epoch: number
  readonly timestamp: number
}

const body = '{"n":1}'
const run: Run = {
  publisher: 0,
  kind: 0,
  flags: 0,
  topic: 0xffff,
  firstN: 1,
  count: 1,
  epoch: 1,
  timestamp: 5,
}
const good = {
  ...{
    entries: 1,
    runs: 1,
    names: 2,
    all: ['p', '1.a#1'],
    list: [run],
    lengths: [body.length],
    bodies: body,
  },
}

/** The bytes of a block of the log that says this, whether it fits together or not. */
function written(over: Partial<typeof good> = {}): Uint8Array {
  const { entries, runs, names, all, list, lengths, bodies } = { ...good, ...over }
  const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
  const u16 = (value: number): Uint8Array => new Uint8Array(Uint16Array.of(value).buffer)
  const f64 = (value: number): Uint8Array => new Uint8Array(Float64Array.of(value).buffer)
  return Buffer.concat([
    ...[u32(entries), u32(runs), u16(names)],
    ...all.flatMap((name) => [u16(2 * name.length), Buffer.from(name, 'latin1')]),
    ...list.flatMap(({ publisher, kind, flags, topic, firstN, count, epoch, timestamp }) => [
      ...[u16(publisher), Uint8Array.of(kind, flags), u16(topic), f64(firstN), u32(count)],
      ...[u16(epoch), f64(timestamp)],
    ]),
    ...lengths.map(u32),
    Buffer.from(bodies),
  ])
}

test('a block is laid out as it is described', (t) => {
  const runs = logRuns([{ ...steady(1), epoch: asEpoch('1.a#1'), timestamp: 5 }])
  t.deepEqual(Buffer.from(blockOf(packLog(runs))), Buffer.from(written()))
  t.deepEqual(entriesIn(unpackLog(written())), entriesIn(runs))
})

const two = { entries: 2, lengths: [1, body.length - 1] }

for (const [what, spoil] of [
  ['a count that nobody could hold', { list: [{ ...run, count: 2 ** 32 - 1 }] }],
  ['entries that nobody could hold', { entries: 2 ** 32 - 1 }],
  ['runs that nobody could hold', { entries: 2 ** 32 - 1, runs: 2 ** 32 - 1 }],
  ['names that are not there', { names: 0xffff }],
  [
    'a count of none',
    {
      ...two,
      runs: 2,
      list: [
        { ...run, count: 0 },
        { ...run, count: 2 },
      ],
    },
  ],
  ['no run', { runs: 0, list: [] }],
  ['runs that cover fewer', { ...two }],
  ['runs that cover more', { list: [{ ...run, count: 2 }] }],
  ['more runs than entries', { runs: 2, list: [run, run] }],
  ['a run that is not there', { ...two, runs: 2 }],
  ['an endless publisher', { all: ['p'.repeat(10_000), '1.a#1'] }],
  ['a publisher that is longer than any', { all: ['p'.repeat(321), '1.a#1'] }],
  ['a publisher that is not there', { list: [{ ...run, publisher: 2 }] }],
  ['a kind that does not exist', { list: [{ ...run, kind: entryKinds.length }] }],
  ['numbers past what is exact', { list: [{ ...run, firstN: Number.MAX_SAFE_INTEGER }] }],
  ['a number that is not whole', { list: [{ ...run, firstN: 1.5 }] }],
  ['a number below 0', { list: [{ ...run, firstN: -1 }] }],
  ['a number that is none', { list: [{ ...run, firstN: NaN }] }],
  ['an activity of nobody', { all: ['', '1.a#1'] }],
  ['a marker of somebody', { list: [{ ...run, kind: 3, firstN: 0 }] }],
  ['an activity numbered 0', { list: [{ ...run, firstN: 0 }] }],
  ['a topic', { list: [{ ...run, topic: 0 }] }],
  ['a flag', { list: [{ ...run, flags: 1 }] }],
  ['lengths past the bodies', { lengths: [body.length + 1] }],
  ['lengths that leave bytes over', { lengths: [body.length - 1] }],
  ['the longest length', { lengths: [2 ** 32 - 1] }],
  [
    'lengths that come to the right sum when they wrap around',
    { ...two, list: [{ ...run, count: 2 }], lengths: [2 ** 32 - 1, body.length + 1] },
  ],
  ['lengths that are not there', { lengths: [], bodies: '' }],
  ['a length in part', { lengths: [], bodies: 'abc' }],
  ['an endless epoch', { all: ['p', 'x'.repeat(10_000)] }],
  ['an epoch that is longer than any', { all: ['p', 'x'.repeat(353)] }],
  ['an epoch that is not there', { list: [{ ...run, epoch: 2 }] }],
  ['a timestamp that is not whole', { list: [{ ...run, timestamp: 0.5 }] }],
  ['a timestamp below 0', { list: [{ ...run, timestamp: -5 }] }],
  ['timestamps past what is exact', { list: [{ ...run, timestamp: Number.MAX_SAFE_INTEGER }] }],
] as const satisfies readonly (readonly [string, Partial<typeof good>])[]) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => unpackLog(written(spoil)), { instanceOf: MalformedBytes })
  })
}

test('a block that ends anywhere before its end is refused', (t) => {
  const block = written()
  for (let length = 0; length < block.length; length++)
    t.throws(() => unpackLog(block.subarray(0, length)), { instanceOf: MalformedBytes }, `${length} bytes`)
})

test('the longest names are taken, and names of any characters', (t) => {
  for (const [publisher, epoch] of [
    ['p'.repeat(320), '1.' + 'x'.repeat(350)],
    ['ÿ', '1.ÿ'],
    ['猫🐈\0', '1.猫#1'],
  ] as const) {
    const entry: LogEntry = {
      ...{ ...steady(1), publisher: asPublisherId(publisher), epoch: asEpoch(epoch), timestamp: 1 },
    }
    t.deepEqual(entriesIn(unpackLog(blockOf(packLog([LogRun.of(entry)])))), [entry])
  }
})

test('more entries than may be are refused, as many as may be are not', (t) => {
  const bodies = [1, 2, 3].map((byte) => Uint8Array.of(byte))
  const block = blockOf(packPending([EntryRun.ofBodies(asPublisherId('p'), 'activity', 1, bodies)]))
  t.is(countOf(unpackPending(block, 3)), 3)
  t.throws(() => unpackPending(block, 2), { instanceOf: MalformedBytes, message: /too many/ })
})

test('no marker goes up', (t) => {
  const marker = EntryRun.of({ publisher: noPublisher, n: 0, kind: 'marker', body: new Uint8Array(0) })
  const block = blockOf(packPending([marker]))
  t.throws(() => unpackPending(block), { instanceOf: MalformedBytes, message: /marker/ })
})

test('long bodies are found', (t) => {
  const bodies = [70_000, 0, 17_000_000, 1].map((length) => new Uint8Array(length).fill(length))
  const run = EntryRun.ofBodies(asPublisherId('p'), 'activity', 1, bodies)
  const [unpacked] = unpackPending(blockOf(packPending([run])))
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
      t.deepEqual(blockOf(packLog(pieces)), blockOf(packLog(runs)))
      t.deepEqual(blockOf(packPending(pieces)), blockOf(packPending(runs)))
      t.deepEqual(entriesIn(unpackLog(blockOf(packLog(pieces)))), entriesIn(runs))
    }),
  )
})

test('a run ends where the publisher, the kind, the numbers, the epoch or the timestamps do not go on', (t) => {
  const first = { ...steady(1), epoch: asEpoch('1.a#1'), timestamp: 5 }
  const next = { ...steady(2), epoch: asEpoch('1.a#1'), timestamp: 6 }
  const runsOf = (entry: LogEntry): number =>
    unpackLog(blockOf(packLog([LogRun.of(first), LogRun.of(entry)]))).length
  t.is(runsOf(next), 1)
  t.is(runsOf({ ...next, publisher: asPublisherId('q') }), 2)
  t.is(runsOf({ ...next, kind: 'barrier' }), 2)
  t.is(runsOf({ ...next, n: 3 }), 2)
  t.is(runsOf({ ...next, epoch: asEpoch('2.a#1') }), 2)
  t.is(runsOf({ ...next, timestamp: 7 }), 2)
})
