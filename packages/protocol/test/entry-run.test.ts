/** Runs say of their entries what the entries would say themselves, however they are cut. */
import {
  asEpoch,
  asPublisherId,
  bytesOf,
  countOf,
  entriesIn,
  EntryRun,
  LogRun,
  logRuns,
  noPublisher,
  pendingIn,
  pendingRuns,
  type LogEntry,
  type PendingEntry,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { logEntry, logRun, pendingEntry, pendingRun } from './support/server-message-arbitraries.js'

const publisher = asPublisherId('p')
const bytes = (...lengths: number[]): Uint8Array[] =>
  lengths.map((length, k) => new Uint8Array(length).fill(k + 1))

test('a run of one entry has its body as it is', (t) => {
  const body = new Uint8Array(3)
  const run = EntryRun.of({ publisher, n: 7, kind: 'activity', body })
  t.is(run.bytes, body)
  t.is(run.bodies, body)
  t.deepEqual(run.pendingAt(0), { publisher, n: 7, kind: 'activity', body })
  t.is(EntryRun.ofBodies(publisher, 'activity', 7, [body]).bytes, body)
})

test('any bodies are found again, back to back, under rising numbers', (t) => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 1_000 }), (bodies, firstN) => {
      const run = EntryRun.ofBodies(publisher, 'activity', firstN, bodies)
      t.deepEqual(
        pendingIn([run]),
        bodies.map((body, k): PendingEntry => ({ publisher, n: firstN + k, kind: 'activity', body })),
      )
      t.deepEqual(
        [...run.bodies],
        bodies.flatMap((body) => [...body]),
      )
      t.is(run.count, bodies.length)
      t.is(run.lastN, firstN + bodies.length - 1)
      t.is(run.byteLength, run.bodies.length)
    }),
  )
})

/** A run, and a part of it: from a place to before another. */
const cut = logRun.chain((run) =>
  fc
    .tuple(fc.nat(run.count - 1), fc.nat(run.count - 1))
    .map(([a, b]): [LogRun, number, number] => [run, Math.min(a, b), Math.max(a, b) + 1]),
)

test('a slice is the entries of its places, and a slice of a slice as well, without a copy', (t) => {
  fc.assert(
    fc.property(cut, fc.nat(3), ([run, from, to], more) => {
      const entries = entriesIn([run])
      const part = run.slice(from, to)
      t.true(part instanceof LogRun)
      t.deepEqual(entriesIn([part]), entries.slice(from, to))
      t.deepEqual(
        [...part.bodies],
        entries.slice(from, to).flatMap(({ body }) => [...body]),
      )
      t.is(part.byteLength, part.bodies.length)
      t.is(part.bytes, run.bytes)
      t.is(part.lastTimestamp, entries[to - 1]!.timestamp)
      t.is(part.lastN, entries[to - 1]!.n)
      const again = Math.min(more, part.count - 1)
      t.deepEqual(entriesIn([part.slice(again)]), entries.slice(from + again, to))
      t.deepEqual(pendingIn([EntryRun.cut(run).slice(from, to)]), pendingIn([part]))
    }),
    { numRuns: 300 },
  )
})

test('the whole of a run is the run itself', (t) => {
  const run = EntryRun.ofBodies(publisher, 'activity', 1, bytes(1, 2))
  t.is(run.slice(0), run)
  t.is(run.slice(0, 2), run)
  const ordered = LogRun.ordered(run, asEpoch('1.a'), 5)
  t.is(ordered.slice(0), ordered)
})

test('so many entries as fit, and one in any case', (t) => {
  const run = EntryRun.ofBodies(publisher, 'activity', 1, bytes(10, 10, 0, 10))
  t.deepEqual(
    [0, 9, 10, 19, 20, 29, 30, 1_000].map((maxBytes) => run.endWithin(0, maxBytes)),
    [1, 1, 1, 1, 3, 3, 4, 4],
  )
  t.is(run.endWithin(1, 0), 2)
  t.is(run.endWithin(1, 10), 3)
  t.is(run.endWithin(3, 0), 4)
  t.is(run.endWithin(0, -5), 1)
})

test('as many entries fit as a count of their bytes says', (t) => {
  fc.assert(
    fc.property(cut, fc.nat(80), ([whole, start], maxBytes) => {
      // Also of a run that does not begin where its bytes begin.
      const run = whole.slice(start)
      for (let from = 0; from < run.count; from++) {
        let end = from + 1
        while (end < run.count && run.slice(from, end + 1).byteLength <= maxBytes) end++
        t.is(run.endWithin(from, maxBytes), end)
      }
    }),
    { numRuns: 300 },
  )
})

test('entries that get their place keep what they are, and those that lose it', (t) => {
  fc.assert(
    fc.property(pendingRun, (run) => {
      const ordered = LogRun.ordered(run, asEpoch('3.a'), 9)
      const entries = pendingIn([run])
      t.deepEqual(
        entriesIn([ordered]),
        entries.map((entry, k): LogEntry => ({ ...entry, epoch: asEpoch('3.a'), timestamp: 9 + k })),
      )
      const back = EntryRun.cut(ordered)
      t.false(back instanceof LogRun, 'its epoch and timestamps are kept by nobody')
      t.deepEqual(pendingIn([back]), entries)
      t.is(back.bytes, run.bytes)
      t.deepEqual([run.hadPlace, ordered.hadPlace, back.hadPlace], [false, false, true])
      t.true(back.slice(back.count - 1).hadPlace, 'every part of it as well')
      t.false(LogRun.ordered(back, asEpoch('4.a'), 9).hadPlace, 'it has one again')
    }),
  )
})

test('entries become runs as long as they can be, and come out again', (t) => {
  fc.assert(
    fc.property(fc.array(logEntry), fc.array(pendingEntry), (logged, waiting) => {
      const runs = logRuns(logged)
      t.deepEqual(entriesIn(runs), logged)
      t.is(countOf(runs), logged.length)
      t.is(
        bytesOf(runs),
        logged.reduce((sum, { body }) => sum + body.length, 0),
      )
      for (const [k, run] of runs.entries()) {
        const before = runs[k - 1]
        t.false(
          before?.publisher === run.publisher &&
            before.kind === run.kind &&
            before.lastN + 1 === run.firstN &&
            before.epoch === run.epoch &&
            before.lastTimestamp + 1 === run.firstTimestamp,
        )
      }
      t.deepEqual(pendingIn(pendingRuns(waiting)), waiting)
    }),
  )
})

test('what goes on is one run; a change of anything begins another', (t) => {
  const entry = (n: number, over: Partial<LogEntry> = {}): LogEntry => ({
    ...{ publisher, n, kind: 'activity', body: Uint8Array.of(n), epoch: asEpoch('1.a'), timestamp: 10 + n },
    ...over,
  })
  const counts = (...entries: LogEntry[]): number[] => logRuns(entries).map(({ count }) => count)
  t.deepEqual(counts(entry(1), entry(2), entry(3)), [3])
  t.deepEqual(counts(entry(1), entry(3)), [1, 1])
  t.deepEqual(counts(entry(1), entry(2, { timestamp: 20 })), [1, 1])
  t.deepEqual(counts(entry(1), entry(2, { epoch: asEpoch('2.a') })), [1, 1])
  t.deepEqual(counts(entry(1), entry(2, { kind: 'barrier' })), [1, 1])
  t.deepEqual(counts(entry(1), entry(2, { publisher: asPublisherId('q') })), [1, 1])
  const marker = entry(0, { publisher: noPublisher, kind: 'marker' })
  t.deepEqual(counts(marker, { ...marker, timestamp: 11 }), [1, 1], 'markers have no numbers')
  t.deepEqual([logRuns([]), pendingRuns([]), countOf([]), bytesOf([])], [[], [], 0, 0])
})
