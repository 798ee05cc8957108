/** The clock's promise: every timestamp once, ever rising, through restarts, wall clocks that jump, and slow disks. */
import test from 'ava'
import { maxGrantCount, ticksPerMs, timestampAtUnixMs, type ClockMessage } from '@jwp/protocol'
import { ClockCore, defaultClockCoreOptions, type ClockEffect } from '@jwp/clock-server/core'
import fc from 'fast-check'

const someday = Date.UTC(2026, 0, 1)

function time(nonce: number, count: number, atLeast = 0): Extract<ClockMessage, { type: 'TIME' }> {
  return { type: 'TIME', nonce, count, atLeast }
}

function answers(effects: readonly ClockEffect[]): ClockMessage[] {
  return effects.flatMap((effect) => (effect.type === 'answer' ? [effect.message] : []))
}

/** A clock whose disk obeys at once. */
function ask(core: ClockCore, request: ReturnType<typeof time>, nowMs: number): ClockMessage[] {
  const effects = [...core.handle({ type: 'request', asker: 1, request }, nowMs)]
  for (const effect of [...effects]) {
    if (effect.type === 'persist-ceiling') {
      effects.push(...core.handle({ type: 'ceiling-persisted', ceiling: effect.ceiling }, nowMs))
    }
  }
  return answers(effects)
}

test('nothing is served above what is on disk', (t) => {
  const core = new ClockCore({ ...defaultClockCoreOptions, ceiling: 0 })
  const effects = core.handle({ type: 'request', asker: 1, request: time(1, 5) }, someday)
  t.deepEqual(
    effects.map((effect) => effect.type),
    ['persist-ceiling'],
  )
  const [effect] = effects
  if (effect?.type !== 'persist-ceiling') return t.fail()
  const served = core.handle({ type: 'ceiling-persisted', ceiling: effect.ceiling }, someday)
  t.deepEqual(answers(served), [{ type: 'GRANT', nonce: 1, start: timestampAtUnixMs(someday), count: 5 }])
})

test('a grant is above what the asker has, and above everything before', (t) => {
  const core = new ClockCore({ ...defaultClockCoreOptions, ceiling: 0 })
  const ahead = timestampAtUnixMs(someday + 60_000)
  t.deepEqual(ask(core, time(1, 3, ahead), someday), [
    { type: 'GRANT', nonce: 1, start: ahead + 1, count: 3 },
  ])
  t.deepEqual(ask(core, time(2, 1), someday - 1_000), [
    { type: 'GRANT', nonce: 2, start: ahead + 4, count: 1 },
  ])
})

test('what it granted is never ahead, whatever its calendar says later', (t) => {
  const inThreeDays = someday + 3 * 86_400_000
  const core = new ClockCore({ ...defaultClockCoreOptions, ceiling: 0 })
  const [far] = ask(core, time(1, 3), inThreeDays)
  if (far?.type !== 'GRANT') return t.fail(JSON.stringify(far))
  const last = far.start + 2
  t.deepEqual(ask(core, time(2, 1, last), someday), [{ type: 'GRANT', nonce: 2, start: last + 1, count: 1 }])
  // Neither is what another run of it has granted: its file says so.
  const { ceiling } = core.state
  const again = new ClockCore({ ...defaultClockCoreOptions, ceiling })
  const [granted] = ask(again, time(3, 1, last + 1), someday)
  t.like(granted, { type: 'GRANT', start: ceiling + 1 })
  const beyond = timestampAtUnixMs(inThreeDays + 86_400_000)
  t.like(ask(again, time(4, 1, beyond), someday)[0], { type: 'TIME_REFUSED' })
})

test('requests that make no sense are refused in words, and nothing is granted', (t) => {
  const core = new ClockCore({ ...defaultClockCoreOptions, ceiling: 0 })
  const dayAhead = timestampAtUnixMs(someday + 2 * 86_400_000)
  const cases: readonly [ReturnType<typeof time>, RegExp][] = [
    [time(1, 0), /1 or more/],
    [time(1, -1), /1 or more/],
    [time(1, 1.5), /1 or more/],
    [time(1, maxGrantCount + 1), /at most/],
    [time(1, 1, -1), /atLeast/],
    [time(1, 1, 0.5), /atLeast/],
    [time(1, 1, dayAhead), /a day ahead/],
  ]
  for (const [request, words] of cases) {
    const [answer] = ask(core, request, someday)
    if (answer?.type !== 'TIME_REFUSED') return t.fail(JSON.stringify(answer))
    t.regex(answer.info, words)
  }
  t.is(core.state.served, 0)
})

test('a disk that does not answer is asked once, and what waits is bounded', (t) => {
  const core = new ClockCore({ ceiling: 0, ceilingStepMs: 1_000, maxWaiting: 3 })
  const persists: ClockEffect[] = []
  const refused: ClockMessage[] = []
  for (let nonce = 1; nonce <= 5; nonce++) {
    const effects = core.handle({ type: 'request', asker: 1, request: time(nonce, 1) }, someday)
    persists.push(...effects.filter((effect) => effect.type === 'persist-ceiling'))
    refused.push(...answers(effects))
  }
  t.is(persists.length, 1)
  t.deepEqual(
    refused.map(({ type, nonce }) => [type, nonce]),
    [
      ['TIME_REFUSED', 4],
      ['TIME_REFUSED', 5],
    ],
  )
  core.handle({ type: 'asker-gone', asker: 1 }, someday)
  t.is(core.state.waiting, 0)
})

test('the next ceiling is written before the present one is used up', (t) => {
  const core = new ClockCore({ ...defaultClockCoreOptions, ceiling: 0 })
  ask(core, time(1, 1), someday)
  let waited = 0
  let persists = 0
  for (let ms = 0; ms < 20_000; ms += 50) {
    const effects = core.handle({ type: 'request', asker: 1, request: time(ms, 10) }, someday + ms)
    if (answers(effects).length === 0) waited++
    for (const effect of effects) {
      if (effect.type !== 'persist-ceiling') continue
      persists++
      core.handle({ type: 'ceiling-persisted', ceiling: effect.ceiling }, someday + ms)
    }
  }
  t.is(waited, 0, 'no request waits for the disk')
  t.true(persists < 30, `the disk is written per step, not per request: ${persists} times`)
})

test('through restarts, jumps of the wall clock and slow disks every timestamp is new and above all before', (t) => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('ask' as const), count: fc.integer({ min: 1, max: 5_000 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('disk' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('time' as const),
        byMs: fc.integer({ min: -5_000, max: 5_000 }),
      }),
    },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let onDisk = 0
      let writing: number[] = []
      let core = new ClockCore({ ...defaultClockCoreOptions, ceilingStepMs: 500, ceiling: onDisk })
      let nowMs = someday
      let highest = 0
      let nonce = 0
      const execute = (effects: readonly ClockEffect[]): void => {
        for (const effect of effects) {
          if (effect.type === 'persist-ceiling') writing.push(effect.ceiling)
          else if (effect.message.type === 'GRANT') {
            const { start, count } = effect.message
            t.true(start > highest, 'above everything served before, by any run of this clock')
            t.true(start + count - 1 < onDisk, 'below what is on disk')
            highest = start + count - 1
          }
        }
      }
      for (const each of steps) {
        if (each.do === 'time') nowMs += each.byMs
        else if (each.do === 'ask') {
          execute(core.handle({ type: 'request', asker: 1, request: time(++nonce, each.count) }, nowMs))
        } else if (each.do === 'disk') {
          const ceiling = writing.shift()
          if (ceiling === undefined) continue
          onDisk = ceiling
          execute(core.handle({ type: 'ceiling-persisted', ceiling }, nowMs))
        } else {
          // What was being written may have reached the disk or not; the old number is the harder case.
          writing = []
          core = new ClockCore({ ...defaultClockCoreOptions, ceilingStepMs: 500, ceiling: onDisk })
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('timestamps fit into a number for decades', (t) => {
  t.true(Number.isSafeInteger(timestampAtUnixMs(Date.UTC(2089, 0, 1))))
  t.is(timestampAtUnixMs(someday + 1) - timestampAtUnixMs(someday), ticksPerMs)
})
