/** The log by itself: what it holds, what a cut gives back, what a baseline remembers. */
import test from 'ava'
import { asEpoch, asPublisherId, countOf, entriesIn, LogRun, noPublisher, type LogEntry } from '@jwp/protocol'
import fc from 'fast-check'
import { Log, LogGap } from '#dist/core/log/log.js'

const platform = { decodeUtf8: (text: Uint8Array): string => new TextDecoder().decode(text) }
const bytes = (length: number): Uint8Array => new Uint8Array(length)

function entry(epoch: string, timestamp: number, publisher: string, n: number): LogEntry {
  return {
    epoch: asEpoch(epoch),
    timestamp,
    publisher: asPublisherId(publisher),
    n,
    kind: 'activity',
    body: bytes(n),
  }
}

function marker(epoch: string, timestamp: number): LogEntry {
  return { epoch: asEpoch(epoch), timestamp, publisher: noPublisher, n: 0, kind: 'marker', body: bytes(0) }
}

function sample(): Log {
  const log = new Log(platform)
  for (const each of [
    marker('1.a', 1),
    entry('1.a', 2, 'p', 1),
    entry('1.a', 3, 'q', 1),
    marker('2.b', 4),
    entry('2.b', 5, 'p', 2),
  ])
    log.append(LogRun.of(each))
  return log
}

test('a log is described by its lineage', (t) => {
  const log = sample()
  t.is(log.last, 5)
  t.deepEqual(log.lineage, [
    [asEpoch('1.a'), 3],
    [asEpoch('2.b'), 5],
  ])
  t.is(log.epochAt(3), asEpoch('1.a'))
  t.is(log.epochAt(4), asEpoch('2.b'))
  t.is(log.epochAt(6), undefined)
  t.is(log.lastNumber(asPublisherId('p')), 2)
  t.is(log.lastTimestamp, 5)
})

test('an entry that leaves a gap in its publisher is refused', (t) => {
  const log = sample()
  t.throws(() => log.append(LogRun.of(entry('2.b', 6, 'p', 4))), { instanceOf: LogGap })
  t.throws(() => log.append(LogRun.of(entry('2.b', 6, 'p', 2))), { instanceOf: LogGap })
  t.is(log.last, 5)
})

test('a cut gives back what it removed, and forgets its numbers', (t) => {
  const log = sample()
  const removed = entriesIn(log.cutTo(2))
  t.deepEqual(
    removed.map(({ publisher, n }) => [publisher as string, n]),
    [
      ['q', 1],
      ['', 0],
      ['p', 2],
    ],
  )
  t.is(log.last, 2)
  t.is(log.lastNumber(asPublisherId('p')), 1)
  t.is(log.lastNumber(asPublisherId('q')), 0)
  t.deepEqual(log.lineage, [[asEpoch('1.a'), 2]])
  log.append(LogRun.of(entry('3.c', 9, 'q', 1)))
  t.is(log.epochAt(3), asEpoch('3.c'))
})

test('what is dropped leaves a baseline from which another log can go on', (t) => {
  const log = sample()
  log.dropTo(3)
  t.is(log.base, 3)
  t.is(log.last, 5)
  t.is(log.at(3), undefined)
  t.is(log.epochAt(3), asEpoch('1.a'))
  const baseline = log.baseline()
  t.deepEqual(
    baseline.marks.map(([publisher, n]) => [publisher as string, n]),
    [
      ['p', 1],
      ['q', 1],
    ],
  )

  const other = new Log(platform)
  other.append(LogRun.of(marker('9.z', 1)))
  other.restart(baseline)
  t.deepEqual([other.base, other.last, other.bytes], [3, 3, 0], 'what was there is gone')
  for (const run of log.runsBetween(4, 5)) other.append(run)
  t.deepEqual(other.lineage, log.lineage)
  t.is(other.lastNumber(asPublisherId('p')), 2)
  t.is(other.lastTimestamp, 5)
})

test('a cut never goes below what was dropped', (t) => {
  const log = sample()
  log.dropTo(3)
  t.is(countOf(log.cutTo(1)), 2)
  t.is(log.last, 3)
  t.is(log.lastTimestamp, 3)
  t.deepEqual(log.lineage, [[asEpoch('1.a'), 3]])
})

test('after any appends, cuts and drops the log agrees with a plain list', (t) => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('append' as const),
      who: fc.integer({ min: 0, max: 3 }),
      term: fc.boolean(),
    }),
    fc.record({ do: fc.constant('cut' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ do: fc.constant('drop' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const log = new Log(platform)
      const list: LogEntry[] = []
      let term = 1
      for (const each of steps) {
        if (each.do === 'append') {
          if (each.term) term++
          const publisher = `p${each.who}`
          const n = list.filter((other) => other.publisher === asPublisherId(publisher)).length + 1
          const next = entry(`${term}.r`, list.length + 1, publisher, n)
          log.append(LogRun.of(next))
          list.push(next)
        } else if (each.do === 'cut') {
          const end = Math.max(log.base, Math.floor(list.length * each.share))
          t.deepEqual(entriesIn(log.cutTo(end)), list.splice(end))
        } else log.dropTo(Math.floor(list.length * each.share))
        t.is(log.last, list.length)
        for (let index = 1; index <= list.length; index++) {
          t.is(log.epochAt(index), list[index - 1]!.epoch)
          t.deepEqual(log.at(index), index <= log.base ? undefined : list[index - 1])
        }
        const kept = list.slice(log.base)
        t.is(
          log.bytes,
          kept.reduce((sum, { body }) => sum + body.length + 256, 0),
        )
      }
    }),
    { numRuns: 60 },
  )
})

test('activities are counted exactly over what is dropped, cut and taken over', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      fc.nat(60),
      fc.nat(60),
      fc.nat(60),
      (areActivities, cut, drop, from) => {
        const log = new Log(platform)
        let n = 0
        for (const isActivity of areActivities)
          log.append(
            LogRun.of(isActivity ? entry('1.a', log.last + 1, 'p', ++n) : marker('1.a', log.last + 1)),
          )
        const kept = areActivities.slice(0, cut)
        log.cutTo(cut)
        log.dropTo(drop)
        const after = Math.min(from, log.last)
        const expected = kept.slice(after).filter(Boolean).length
        t.is(log.activitiesBetween(after, log.last), expected)
        const other = new Log(platform)
        other.restart(log.baseline())
        t.is(other.activitiesBetween(0, other.base), kept.slice(0, log.base).filter(Boolean).length)
      },
    ),
  )
})
