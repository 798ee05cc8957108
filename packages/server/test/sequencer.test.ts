/** The sequencer alone: what is ready, which timestamps it gets, and what happens when no clock serves. */
import test from 'ava'
import {
  asPublisherId,
  entriesIn,
  EntryRun,
  timestampAtUnixMs,
  type LogEntry,
  type LogRun,
  type PendingEntry,
} from '@jwp/protocol'
import { Calendar } from '#dist/core/log/calendar.js'
import { ClockChoice } from '#dist/core/log/clock-choice.js'
import { Sequencer } from '#dist/core/log/sequencer.js'
import { reserveMs } from '#dist/core/log/timestamp-reserve.js'
import {
  bytes,
  clock,
  effectsOf,
  Ground,
  named,
  namesIn,
  pending,
  pendingRun,
  term,
  type EffectOf,
} from './support/pieces.js'

const timeoutMs = 100
/** The watch of this machine shows Unix milliseconds, as its calendar does. */
const nowMs = 1_800_000_000_000

class Bench extends Ground {
  /** What was reported. */
  readonly events: string[] = []
  readonly persistence = { isBehind: false }
  readonly expiryHeard: LogRun[] = []
  /** Up to where what a client waits for may have been placed, and whether all of it was. */
  readonly placed: (readonly [number, boolean])[] = []
  readonly clocks = new ClockChoice(clock)
  readonly calendar = new Calendar({ self: this.self, time: this.time, log: this.log, outbox: this.outbox })
  readonly sequencer = new Sequencer({
    ...{ time: this.time, timers: this.timers, role: this.role, log: this.log, queue: this.queue },
    ...{ calendar: this.calendar, clocks: this.clocks, persistence: this.persistence, outbox: this.outbox },
    demand: { placed: (last, isAll) => this.placed.push([last, isAll]) },
    expiry: { appended: (run) => void this.expiryHeard.push(run) },
  })

  constructor() {
    super({ timing: { clockTimeoutMs: timeoutMs } })
    this.time.nowMs = nowMs
    this.becomeRoot()
  }

  /** These come into the queue: `['a2', 'b1']`. */
  queueUp(...names: readonly string[]): void {
    for (const name of names) this.arrive(pending(name[0]!, Number(name.slice(1))))
  }

  arrive(entry: PendingEntry): void {
    this.queue.add(EntryRun.of(entry))
    this.sequencer.arrived(entry.publisher)
  }

  /** The end of a turn; what the clock is asked, if anything. */
  order(): EffectOf<'ask-clock'> | undefined {
    this.sequencer.order()
    return this.question()
  }

  question(): EffectOf<'ask-clock'> | undefined {
    const effects = this.take()
    this.events.push(...effectsOf(effects, 'report').map(({ event }) => event.event))
    return effectsOf(effects, 'ask-clock')[0]
  }

  grant(asked: EffectOf<'ask-clock'> | undefined, start: number, count = asked!.count): void {
    this.sequencer.granted({ type: 'clock-granted', nonce: asked!.nonce, start, count })
  }

  /** The log, as names of entries. */
  ordered(): string[] {
    return this.entries().map(named)
  }

  entries(): LogEntry[] {
    return entriesIn([...this.log.runsBetween(1, this.log.last)])
  }
}

const start = 5_000

test('one question for all that is ready; each entry gets its index and its timestamp in the order of coming', (t) => {
  const bench = new Bench()
  bench.queueUp('a1', 'b1', 'a2')
  const asked = bench.order()
  t.like(asked, { clock, count: 3, atLeast: 0 })
  t.is(bench.log.last, 0, 'nothing has a place before the clock answers')
  bench.grant(asked, start)
  t.deepEqual(
    bench.entries().map((entry) => [named(entry), entry.timestamp, entry.epoch]),
    [
      ['a1', start, term(1, 'me')],
      ['b1', start + 1, term(1, 'me')],
      ['a2', start + 2, term(1, 'me')],
    ],
  )
  t.is(bench.queue.size, 0, 'an entry that is in the log is not in the queue')
  t.deepEqual(namesIn(bench.expiryHeard), ['a1', 'b1', 'a2'])
  t.true(bench.sequencer.isIdle)
})

test('a gap waits, and so does what follows it; other publishers do not', (t) => {
  const bench = new Bench()
  bench.queueUp('a1', 'a3', 'b1')
  bench.grant(bench.order(), start)
  t.deepEqual(bench.ordered(), ['a1', 'b1'])
  bench.queueUp('a4')
  t.is(bench.order(), undefined, 'a2 is missing')
  bench.queueUp('a2')
  bench.grant(bench.order(), start + 10)
  t.deepEqual(bench.ordered(), ['a1', 'b1', 'a2', 'a3', 'a4'])
})

test('one question is out at a time: what comes meanwhile is in the next', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  const first = bench.order()
  bench.queueUp('a2', 'a3')
  t.is(bench.order(), undefined)
  bench.grant(first, start)
  t.deepEqual(bench.ordered(), ['a1'])
  bench.time.nowMs += reserveMs
  t.like(bench.order(), { count: 2, atLeast: start })
})

test('a clock may give fewer timestamps than asked for: the rest is asked for again', (t) => {
  const bench = new Bench()
  bench.queueUp('a1', 'a2', 'a3')
  bench.grant(bench.order(), start, 2)
  t.deepEqual(bench.ordered(), ['a1', 'a2'])
  bench.time.nowMs += reserveMs
  t.like(bench.order(), { count: 1, atLeast: start + 1 })
})

test('while messages keep coming some timestamps are asked for ahead, and what comes next gets its place at once', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.grant(bench.order(), start)
  bench.time.nowMs += 1
  bench.queueUp('a2')
  const ahead = bench.order()
  t.true(ahead!.count > 1)
  bench.grant(ahead, start + 10)
  bench.time.nowMs += 1
  bench.queueUp('a3', 'b1')
  bench.order()
  t.deepEqual(
    bench.entries().map((entry) => [named(entry), entry.timestamp]),
    [
      ['a1', start],
      ['a2', start + 10],
      ['a3', start + 11],
      ['b1', start + 12],
    ],
  )
})

test('timestamps that have waited too long are given to nobody: the clock is asked for new ones', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.grant(bench.order(), start)
  bench.queueUp('a2')
  const ahead = bench.order()!
  bench.grant(ahead, start + 10)
  bench.time.nowMs += reserveMs
  bench.queueUp('a3')
  const asked = bench.order()
  t.deepEqual(bench.ordered(), ['a1', 'a2'])
  bench.grant(asked, start + 10 + ahead.count)
  t.is(bench.entries()[2]!.timestamp, start + 10 + ahead.count)
})

test('what is asked for lies above what waits, and what is granted below it is not used', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.grant(bench.order(), start)
  bench.queueUp('a2')
  const ahead = bench.order()!
  bench.grant(ahead, start + 10)
  const last = start + 10 + ahead.count - 1
  for (let n = 3; n < 3 + ahead.count; n++) bench.arrive(pending('a', n))
  const asked = bench.order()
  t.is(asked?.atLeast, last)
  bench.grant(asked, last)
  t.is(bench.sequencer.mode, 'hybrid', 'timestamps from the past')
  const times = bench.entries().map(({ timestamp }) => timestamp)
  t.deepEqual(
    times,
    [...new Set(times)].sort((a, b) => a - b),
    'each once, and rising',
  )
})

test('an answer to another question counts for nothing', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  const asked = bench.order()!
  bench.sequencer.granted({ type: 'clock-granted', nonce: asked.nonce + 1, start, count: 1 })
  bench.sequencer.refused({ type: 'clock-refused', nonce: asked.nonce + 1, info: 'no' })
  t.is(bench.log.last, 0)
  t.is(bench.sequencer.mode, 'clock')
})

test('nobody but a root orders, and a root stops as soon as it has a parent', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  const asked = bench.order()
  bench.becomeChild()
  bench.sequencer.parentFound()
  bench.grant(asked, start)
  t.is(bench.log.last, 0)
  bench.take()
  bench.queueUp('a2')
  t.is(bench.order(), undefined)
})

test('a new root takes up what waits in its queue', (t) => {
  const bench = new Bench()
  bench.queue.add(pendingRun('a', 1))
  bench.queue.add(pendingRun('b', 2))
  t.is(bench.order(), undefined)
  bench.sequencer.becameRoot()
  t.like(bench.order(), { count: 1 })
})

test('a disk that is behind slows the ordering down', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.persistence.isBehind = true
  t.is(bench.order(), undefined)
  bench.persistence.isBehind = false
  t.like(bench.order(), { count: 1 })
})

for (const [what, start, count] of [
  ['from the past', 3, 1],
  ['more than asked for', 50, 2],
  ['none', 50, 0],
  ['that are no timestamps', 0.5, 1],
] as const)
  test(`timestamps ${what} are not used: hybrid time orders, and it is said why`, (t) => {
    const bench = new Bench()
    bench.write(['z', 'z', 'z', 'z'])
    bench.queueUp('a1')
    bench.grant(bench.order(), start, count)
    t.deepEqual(bench.ordered().at(-1), 'a1')
    const [last] = bench.entries().slice(-1)
    t.true(last!.timestamp > 4, 'time in the log never goes back')
    t.is(bench.sequencer.mode, 'hybrid')
    bench.question()
    t.deepEqual(bench.events, ['clock-lost'])
  })

test('a clock that does not answer stops nobody: its time passes twice, then hybrid time stamps at once', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.order()
  t.is(bench.sequencer.nextDeadlineMs(), nowMs + timeoutMs)
  bench.time.nowMs += timeoutMs
  bench.sequencer.tick()
  t.is(bench.log.last, 0, 'the answer may lie unread behind a long turn of our own')
  bench.time.nowMs += 1
  bench.sequencer.tick()
  t.deepEqual(bench.ordered(), ['a1'])
  t.is(bench.entries()[0]!.timestamp, timestampAtUnixMs(bench.calendar.hybridMs))
  bench.queueUp('a2')
  t.is(bench.order(), undefined, 'no wait for a clock now')
  t.deepEqual(bench.ordered(), ['a1', 'a2'])
  t.is(bench.entries()[1]!.timestamp, bench.entries()[0]!.timestamp + 1)
})

test('while hybrid time orders the clock is asked on, and as soon as it answers it serves again', (t) => {
  const bench = new Bench()
  bench.queueUp('a1')
  bench.sequencer.refused({ type: 'clock-refused', nonce: bench.order()!.nonce, info: 'full' })
  t.is(bench.sequencer.mode, 'hybrid')
  t.is(bench.question(), undefined, 'not at once: a clock that refuses must not be asked in a tight loop')
  let asked: EffectOf<'ask-clock'> | undefined
  for (let turns = 0; asked === undefined && turns < 10; turns++) {
    bench.time.nowMs = bench.sequencer.nextDeadlineMs()!
    bench.sequencer.tick()
    asked = bench.question()
  }
  t.is(asked?.count, 1)
  bench.queueUp('a2')
  bench.grant(asked, bench.log.lastTimestamp + 100)
  t.is(bench.sequencer.mode, 'clock')
  t.deepEqual(bench.ordered(), ['a1', 'a2'])
  bench.question()
  t.deepEqual(bench.events, ['clock-lost', 'clock-back'])
})

test('a clock that stands by sends to the one that leads, while the messages wait', (t) => {
  const bench = new Bench()
  const leader = { host: 'leader', port: 4 }
  bench.queueUp('a1')
  const asked = bench.order()!
  bench.sequencer.elsewhere({ type: 'clock-elsewhere', nonce: asked.nonce, leader })
  const again = bench.question()
  t.like(again, { clock: leader, count: 1 })
  t.is(bench.sequencer.mode, 'clock')
  bench.grant(again, start)
  t.deepEqual(bench.ordered(), ['a1'])
})

test('a skip makes ready what waited behind the numbers that it accounts for', (t) => {
  const bench = new Bench()
  bench.queueUp('a3')
  bench.arrive({ ...pending('s', 1), kind: 'skip', body: bytes(JSON.stringify([['a', 2]])) })
  bench.grant(bench.order(), start)
  t.deepEqual(bench.ordered(), ['s1'])
  bench.grant(bench.order(), start + 10)
  t.deepEqual(bench.ordered(), ['s1', 'a3'])
  t.is(bench.log.lastNumber(asPublisherId('a')), 3)
})

test('a skip over numbers that are here all the same comes after them', (t) => {
  const bench = new Bench()
  bench.arrive({ ...pending('s', 1), kind: 'skip', body: bytes(JSON.stringify([['a', 2]])) })
  bench.queueUp('a1', 'a2')
  bench.grant(bench.order(), start)
  if (bench.log.last < 3) bench.grant(bench.order(), start + 10)
  t.deepEqual(bench.ordered(), ['a1', 'a2', 's1'])
})

test('more than 8192 entries are ordered in several turns, or heartbeats would wait behind one', (t) => {
  const bench = new Bench()
  for (let n = 1; n <= 8_193; n++) bench.arrive(pending('a', n, ''))
  const asked = bench.order()
  t.is(asked?.count, 8_192)
  bench.sequencer.refused({ type: 'clock-refused', nonce: asked!.nonce, info: 'no' })
  t.is(bench.log.last, 8_192)
  t.true(bench.sequencer.hasMore, 'another turn is wanted at once')
  bench.order()
  t.is(bench.log.last, 8_193)
  t.false(bench.sequencer.hasMore)
})
