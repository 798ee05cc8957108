/** The kept runs of a log against a plain array of entries: appended, cut, dropped and found at any place. */
import test from 'ava'
import { asEpoch, asPublisherId, entriesIn, EntryRun, LogRun, type LogEntry } from '@jwp/protocol'
import fc from 'fast-check'
import { KeptRuns } from '#dist/core/log/kept-runs.js'
import { runOf } from './support/random-runs.js'

const publisher = asPublisherId('a')

/** Its bodies tell which step appended it. */
const logRun = (first: number, count: number, mark: number): LogRun =>
  LogRun.ordered(runOf(publisher, first, count, mark), asEpoch('1.r'), 100 + first)

const share = fc.double({ min: 0, max: 1, noNaN: true })
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), share }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), share }) },
)

test('after any appends, cuts and drops every entry that a plain array has is found, and no other', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(50), (steps, base) => {
      const kept = new KeptRuns(base)
      /** The entries from `dropped + 1` on. */
      let list: LogEntry[] = []
      let dropped = base
      for (const [mark, each] of steps.entries()) {
        const last = dropped + list.length
        if (each.do === 'append') {
          const run = logRun(last + 1, each.count, mark)
          kept.append(run)
          list.push(...entriesIn([run]))
        } else if (each.do === 'cut') {
          const end = dropped + Math.floor(each.share * list.length)
          t.deepEqual(entriesIn(kept.cutTo(end)), list.splice(end - dropped))
        } else {
          const index = dropped + Math.ceil(each.share * list.length)
          t.deepEqual(entriesIn(kept.dropTo(index)), list.slice(0, index - dropped))
          list = list.slice(index - dropped)
          dropped = index
        }
        t.is(kept.last, dropped + list.length)
        t.is(kept.isEmpty, list.length === 0)
        t.deepEqual(kept.newest?.entryAt(kept.newest.count - 1), list.at(-1))
        for (const [place, entry] of list.entries()) t.deepEqual(kept.at(dropped + 1 + place), entry)
      }
    }),
    { numRuns: 150 },
  )
})

test('what lies in one run is found from any entry to any other, in whatever order it is asked for', (t) => {
  const parts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(parts, share, fc.array(fc.tuple(share, share), { maxLength: 40 }), (counts, drop, asked) => {
      const kept = new KeptRuns(0)
      for (const [mark, count] of counts.entries()) kept.append(logRun(kept.last + 1, count, mark))
      const list = counts.flatMap((count, mark) => new Array<number>(count).fill(mark))
      const base = Math.floor(drop * (kept.last - 1))
      kept.dropTo(base)
      for (const [a, b] of asked) {
        const places = [a, b].map((each) => base + 1 + Math.floor(each * (kept.last - base - 1)))
        const [index, to] = [Math.min(...places), Math.max(...places)]
        const run = kept.runFrom(index, to)
        t.is(run.firstTimestamp, 100 + index)
        let end = index
        while (end < to && list[end] === list[index - 1]) end++
        t.is(run.count, end - index + 1)
      }
    }),
    { numRuns: 200 },
  )
})

test('the beginning of a run goes with its entries, the rest of it stays', (t) => {
  const kept = new KeptRuns(10)
  kept.append(logRun(11, 5, 1))
  const numbers = (runs: readonly LogRun[]): number[] => entriesIn(runs).map(({ n }) => n)
  t.deepEqual(numbers(kept.dropTo(12)), [11, 12])
  t.deepEqual(numbers(kept.cutTo(14)), [15])
  t.deepEqual(numbers(kept.dropTo(12)), [], 'they are dropped already')
  t.deepEqual(numbers(kept.dropTo(99)), [13, 14], 'no more than there is')
  t.deepEqual([kept.isEmpty, kept.last, kept.newest], [true, 14, undefined])
  kept.append(logRun(15, 1, 2))
  t.is(kept.at(15).n, 15)
})

test('many thousand short runs are dropped bit by bit, and those that remain are still found', (t) => {
  const kept = new KeptRuns(0)
  const body = new Uint8Array(0)
  for (let n = 1; n <= 10_000; n++)
    kept.append(LogRun.ordered(EntryRun.of({ publisher, n, kind: 'activity', body }), asEpoch('1.r'), n))
  for (let index = 500; index <= 10_000; index += 500) {
    t.is(kept.dropTo(index).length, 500)
    for (const place of [index + 1, index + 2, 10_000].filter((place) => place > index && place <= 10_000))
      t.is(kept.at(place).n, place)
  }
  t.true(kept.isEmpty)
})
