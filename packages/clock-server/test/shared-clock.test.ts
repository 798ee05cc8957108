/** Several clocks: one leads, and whatever happens no timestamp comes twice, and they rise. */
import test from 'ava'
import fc from 'fast-check'
import { Leadership, SharedClock, type LeadershipInput, type SharedClockEffect } from '@jwp/clock-server/core'
import { ClockParliament, leaseMs, someday, timestampAt } from './support/clock-parliament.js'

const equal = [1, 1, 1]

/** Three clocks of which one leads; it comes first. */
function settled(): { clocks: ClockParliament; leader: number; others: number[] } {
  const clocks = new ClockParliament(equal)
  clocks.run(2 * leaseMs)
  const [leader] = clocks.leaders()
  // What is given is ahead of the time: else the ceiling alone would stop a leader whose lease is over.
  clocks.ask(leader!, 5, timestampAt(clocks.nowMs + 10 * leaseMs))
  clocks.run(100)
  const others = [...clocks.members.keys()].filter((i) => i !== leader)
  return { clocks, leader: leader!, others }
}

test('one of them leads, for as long as nothing happens', (t) => {
  const { clocks, leader } = settled()
  clocks.run(20_000)
  t.deepEqual(clocks.leaders(), [leader])
  t.is(clocks.members[leader]!.core.leadership.terms, 1)
  t.deepEqual(clocks.broken, [])
  t.true(clocks.grants.length > 1_500, 'and it answers all the time')
})

test('the others say who it is, and give nothing', (t) => {
  const { clocks, leader, others } = settled()
  const { core } = clocks.members[others[0]!]!
  const request = { type: 'TIME', nonce: 9, count: 1, atLeast: 0 } as const
  const answer = core.handle({ type: 'request', asker: 4, request }, clocks.moment(others[0]!))
  t.deepEqual(answer, [
    {
      type: 'answer',
      asker: 4,
      message: { type: 'NOT_LEADER', nonce: 9, leader: { host: 'clock', port: leader + 1 } },
    },
  ])
})

test('a leader that dies is replaced when its lease is over, not before, and the next goes on above it', (t) => {
  const { clocks, leader, others } = settled()
  clocks.members[leader]!.isPaused = true
  const diedMs = clocks.nowMs
  while (clocks.leaders().every((i) => i === leader) && clocks.nowMs < diedMs + 10_000) clocks.run(10)
  const gapMs = clocks.nowMs - diedMs
  t.true(gapMs >= 0.75 * leaseMs && gapMs <= 1.5 * leaseMs, `after ${gapMs} ms`)
  t.true(others.includes(clocks.leaders()[0]!))
  clocks.run(100)
  t.deepEqual(clocks.broken, [])
})

test('however often they take turns, they do not run ahead of the time', (t) => {
  const clocks = new ClockParliament(equal)
  for (let turn = 0; turn < 10; turn++) {
    clocks.run(3 * leaseMs)
    clocks.crash(clocks.leaders()[0]!)
  }
  clocks.run(3 * leaseMs)
  t.true(clocks.grants.at(-1)!.end < timestampAt(clocks.nowMs + 10))
  t.deepEqual(clocks.broken, [])
})

test('a leader that goes in order is replaced at once', (t) => {
  const { clocks, leader, others } = settled()
  clocks.release(leader)
  clocks.members[leader]!.isPaused = true
  clocks.arrive(leader)
  clocks.run(leaseMs / 4)
  t.is(clocks.leaders().length, 1)
  t.true(others.includes(clocks.leaders()[0]!))
  t.deepEqual(clocks.broken, [])
})

test('a leader that was stopped for longer than its lease gives nothing any more, from the first question', (t) => {
  const { clocks, leader } = settled()
  clocks.members[leader]!.isPaused = true
  clocks.run(3 * leaseMs)
  clocks.members[leader]!.isPaused = false
  const before = clocks.grants.length
  t.is(clocks.ask(leader, 5), undefined)
  t.is(clocks.grants.length, before)
  clocks.run(3 * leaseMs)
  t.is(clocks.leaders().length, 1)
  t.deepEqual(clocks.broken, [])
})

test('without the store the leader serves until its lease is over, says so, and goes on when it is back', (t) => {
  const { clocks, leader } = settled()
  const all = [...clocks.members.keys()]
  clocks.run(leaseMs / 2, { cut: all })
  t.true(clocks.isLeading(leader), 'not yet')
  clocks.run(5 * leaseMs, { cut: all })
  t.deepEqual(clocks.leaders(), [])
  t.true(clocks.reports.includes(`${leader} lease-lost`))
  const granted = clocks.grants.length
  clocks.run(leaseMs / 2)
  t.is(clocks.leaders().length, 1)
  t.true(clocks.grants.length > granted)
  t.deepEqual(clocks.broken, [])
})

test('a request that waits for the ceiling is sent on when the lease is over', (t) => {
  const core = new SharedClock({ id: 'a', place: { host: 'a', port: 1 }, leaseMs })
  const at = (ms: number): { steadyMs: number; unixMs: number } => ({
    steadyMs: ms,
    unixMs: someday + ms,
  })
  core.handle({ type: 'start' }, at(0))
  core.handle({ type: 'lease-read', view: { revision: 0, record: undefined } }, at(1))
  core.handle({ type: 'tick' }, at(1 + 1.1 * leaseMs))
  core.handle({ type: 'lease-written', revision: 1 }, at(2 + 1.1 * leaseMs))
  const ahead = { type: 'TIME', nonce: 3, count: 1, atLeast: timestampAt(10_000) } as const
  const answers = (effects: readonly SharedClockEffect[]): unknown[] =>
    effects.flatMap((effect) => (effect.type === 'answer' ? [effect.message] : []))
  t.deepEqual(answers(core.handle({ type: 'request', asker: 1, request: ahead }, at(1.5 * leaseMs))), [])
  t.deepEqual(answers(core.handle({ type: 'tick' }, at(5_000))), [{ type: 'NOT_LEADER', nonce: 3 }])
})

test('an answer of the store that comes late makes no lease longer', (t) => {
  const { clocks, leader, others } = settled()
  clocks.nowMs += leaseMs / 2
  clocks.tick(leader)
  clocks.arrive(leader)
  clocks.members[leader]!.isPaused = true
  clocks.run(1.5 * leaseMs)
  t.true(others.includes(clocks.leaders()[0]!))
  clocks.members[leader]!.isPaused = false
  clocks.answer(leader)
  t.is(clocks.ask(leader, 5), undefined)
  t.deepEqual(clocks.broken, [])
})

test('a machine that was asleep knows by its calendar that the lease is over', (t) => {
  const { clocks, leader, others } = settled()
  clocks.members[leader]!.isPaused = true
  const before = clocks.nowMs
  clocks.run(2 * leaseMs)
  t.true(others.includes(clocks.leaders().find((i) => i !== leader)!))
  clocks.members[leader]!.watchOffMs -= clocks.nowMs - before
  clocks.members[leader]!.isPaused = false
  t.is(clocks.ask(leader, 5), undefined)
  t.deepEqual(clocks.broken, [])
})

test('and one whose calendar was set back knows it by its watch', (t) => {
  const { clocks, leader } = settled()
  clocks.members[leader]!.isPaused = true
  clocks.run(2 * leaseMs)
  clocks.members[leader]!.calendarOffMs -= 2 * leaseMs
  clocks.members[leader]!.isPaused = false
  t.is(clocks.ask(leader, 5), undefined)
  t.deepEqual(clocks.broken, [])
})

test('a leader that does not know that it leads begins above all that was given, too', (t) => {
  const { clocks, leader, others } = settled()
  clocks.members[leader]!.isPaused = true
  const [next, third] = others as [number, number]
  clocks.members[third]!.isPaused = true
  // The record is changed, and the answer lost.
  while (clocks.view.record?.place.port !== next + 1) {
    clocks.nowMs += 10
    clocks.tick(next)
    clocks.arrive(next)
    if (clocks.view.record?.place.port !== next + 1) clocks.answer(next)
  }
  clocks.giveUp(next)
  clocks.run(leaseMs)
  t.deepEqual(clocks.leaders(), [next])
  t.deepEqual(clocks.broken, [])
})

test('a store that forgets everything does not make those who live repeat anything', (t) => {
  const { clocks } = settled()
  for (let round = 0; round < 3; round++) {
    clocks.view = { revision: 0, record: undefined }
    clocks.run(4 * leaseMs)
    t.is(clocks.leaders().length, 1)
  }
  t.deepEqual(clocks.broken, [])
})

test('and those who are left begin above what they have seen, if the leader is gone as well', (t) => {
  const { clocks, leader } = settled()
  clocks.run(leaseMs)
  clocks.members[leader]!.isPaused = true
  clocks.view = { revision: 0, record: undefined }
  clocks.run(4 * leaseMs)
  t.is(clocks.leaders().length, 1)
  t.deepEqual(clocks.broken, [])
})

test('a leader whose watch is slow, and a standby whose watch is fast, do not serve at one time', (t) => {
  const clocks = new ClockParliament([0.955, 1.045, 1.045])
  while (!clocks.isLeading(0)) clocks.run(10, { cut: [1, 2] })
  clocks.run(leaseMs)
  clocks.ask(0, 5, timestampAt(clocks.nowMs + 10 * leaseMs))
  clocks.run(100)
  t.deepEqual(clocks.leaders(), [0])
  for (let k = 0; k < 30; k++) {
    // Cut off at another moment of its renewals each time.
    clocks.run(2 * leaseMs + 10 * k, { cut: [0] })
    t.false(clocks.isLeading(0))
    const next = clocks.leaders()[0]!
    clocks.members[next]!.isPaused = true
    clocks.run(2 * leaseMs, { cut: [1, 2] })
    clocks.members[next]!.isPaused = false
    clocks.run(leaseMs)
    t.deepEqual(clocks.leaders(), [0])
  }
  t.deepEqual(clocks.broken, [])
})

const who = fc.nat(2)
const weigh = <Step>(weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary })
const steps = (more: fc.WeightedArbitrary<(clocks: ClockParliament) => void>[]) =>
  fc.array(
    fc.oneof(
      weigh(
        8,
        fc
          .record({ i: who, count: fc.integer({ min: 1, max: 100_000 }), aheadMs: fc.nat(3_000) })
          .map(({ i, count, aheadMs }) => (clocks: ClockParliament) => {
            clocks.ask(i, count, timestampAt(clocks.nowMs + aheadMs))
          }),
      ),
      weigh(
        6,
        who.map((i) => (clocks: ClockParliament) => clocks.tick(i)),
      ),
      weigh(
        6,
        who.map((i) => (clocks: ClockParliament) => clocks.arrive(i)),
      ),
      weigh(
        6,
        who.map((i) => (clocks: ClockParliament) => clocks.answer(i)),
      ),
      weigh(
        2,
        who.map((i) => (clocks: ClockParliament) => clocks.giveUp(i)),
      ),
      weigh(
        2,
        fc.constant((clocks: ClockParliament) => clocks.arriveAstray()),
      ),
      weigh(
        1,
        who.map((i) => (clocks: ClockParliament) => clocks.crash(i)),
      ),
      weigh(
        1,
        who.map((i) => (clocks: ClockParliament) => clocks.release(i)),
      ),
      weigh(
        3,
        who.map((i) => (clocks: ClockParliament) => {
          const member = clocks.members[i]!
          member.isPaused = !member.isPaused
        }),
      ),
      weigh(
        6,
        fc.integer({ min: 1, max: 600 }).map((ms) => (clocks: ClockParliament) => void (clocks.nowMs += ms)),
      ),
      weigh(
        4,
        fc.record({ ms: fc.integer({ min: 50, max: 1_500 }), cut: fc.uniqueArray(who) }).map(
          ({ ms, cut }) =>
            (clocks: ClockParliament) =>
              clocks.run(ms, { cut }),
        ),
      ),
      ...more,
    ),
    { maxLength: 60 },
  )

/** The machine sleeps: its watch stands still, its calendar does not. */
const sleep = weigh(
  2,
  fc
    .record({ i: who, ms: fc.integer({ min: 100, max: 5_000 }) })
    .map(({ i, ms }) => (clocks: ClockParliament) => {
      clocks.nowMs += ms
      clocks.members[i]!.watchOffMs -= ms * clocks.members[i]!.rate
    }),
)
const calendarJumps = weigh(
  2,
  fc.record({ i: who, ms: fc.integer({ min: -10_000, max: 10_000 }) }).map(
    ({ i, ms }) =>
      (clocks: ClockParliament) =>
        void (clocks.members[i]!.calendarOffMs += ms),
  ),
)

function judge(
  t: { deepEqual(a: unknown, b: unknown): unknown },
  rate: { min: number; max: number },
  more: fc.WeightedArbitrary<(clocks: ClockParliament) => void>[],
  excused: readonly string[] = [],
): void {
  const rates = fc.tuple(...Array.from({ length: 3 }, () => fc.double({ ...rate, noNaN: true })))
  fc.assert(
    fc.property(rates, steps(more), (speeds, story) => {
      const clocks = new ClockParliament(speeds)
      while (clocks.leaders().length === 0) clocks.run(10)
      clocks.ask(clocks.leaders()[0]!, 5, timestampAt(20_000))
      clocks.run(100)
      for (const step of story) step(clocks)
      t.deepEqual(
        clocks.broken.filter(({ promise }) => !excused.includes(promise)),
        [],
      )
    }),
    { numRuns: Number(process.env['JWP_STORIES'] ?? 1_500) },
  )
}

const nearlyEqual = { min: 0.955, max: 1.045 }

test('timestamps rise for all servers, whichever clock sleeps and whatever is lost or late, in any order', (t) => {
  judge(t, nearlyEqual, [sleep])
})

test('so they do with calendars that jump', (t) => {
  judge(t, nearlyEqual, [calendarJumps])
})

test('with watches of any speed too none comes twice, and each asker sees them rise', (t) => {
  judge(t, { min: 0.2, max: 5 }, [sleep, calendarJumps], ['rises'])
})

test('what a leader granted whose calendar was three days ahead is never ahead, whichever clock leads later', (t) => {
  const threeDaysMs = 3 * 86_400_000
  const clocks = new ClockParliament(equal)
  for (const member of clocks.members) member.calendarOffMs = threeDaysMs
  clocks.run(3 * leaseMs)
  const [leader] = clocks.leaders()
  const last = clocks.ask(leader!, 5)
  if (last === undefined) return t.fail('nothing was granted')
  // The calendars are set right.
  for (const member of clocks.members) member.calendarOffMs = 0
  clocks.run(3 * leaseMs)
  t.truthy(clocks.ask(clocks.leaders()[0]!, 1, last), 'the same clock goes on')
  clocks.members[leader!]!.isPaused = true
  while (clocks.leaders().every((i) => i === leader) && clocks.nowMs < 60_000) clocks.run(10)
  const [next] = clocks.leaders().filter((i) => i !== leader)
  const before = clocks.grants.length
  clocks.ask(next!, 1, last + 1)
  clocks.run(leaseMs)
  t.true(clocks.grants.length > before, 'and so does the next one')
  t.deepEqual(clocks.broken, [])
})

test('each reason why the store does not serve is said once, until it serves again', (t) => {
  const place = { host: 'localhost', port: 3779 }
  const leadership = new Leadership({ id: 'one', place, leaseMs })
  let nowMs = 0
  const told = (input: LeadershipInput): string[] =>
    leadership.handle(input, { steadyMs: nowMs, unixMs: someday + nowMs }).flatMap((effect) => {
      if (effect.type !== 'report') return []
      return effect.event.event === 'store-lost' ? [effect.event.info] : [effect.event.event]
    })
  const fails = (info: string): string[] => {
    nowMs = leadership.nextDeadlineMs() ?? nowMs
    told({ type: 'tick' })
    return told({ type: 'store-failed', info })
  }
  told({ type: 'start' })
  t.deepEqual(fails('no answer'), ['no answer'])
  t.deepEqual(fails('no answer'), [])
  t.deepEqual(fails('written by no clock'), ['written by no clock'])
  t.deepEqual(fails('no answer'), [])
  nowMs = leadership.nextDeadlineMs()!
  told({ type: 'tick' })
  t.deepEqual(told({ type: 'lease-read', view: { revision: 0, record: undefined } }), ['store-back'])
  t.deepEqual(fails('no answer'), ['no answer'])
})
