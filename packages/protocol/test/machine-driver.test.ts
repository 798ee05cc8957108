/** How machines are driven: inputs one after the other, turns, and alarms. */
import test from 'ava'
import {
  DeadlineAlarm,
  MachineDriver,
  type AlarmClock,
  type AlarmManner,
  type DriverHost,
} from '@jwp/protocol'

/** Time that passes when it is told to. */
class HandSetClock implements AlarmClock {
  now = 1_000
  /** How many alarms were set. */
  set = 0
  readonly #alarms = new Set<{ readonly atMs: number; readonly call: () => void }>()

  nowMs(): number {
    return this.now
  }

  at(atMs: number, call: () => void): () => void {
    this.set++
    const alarm = { atMs, call }
    this.#alarms.add(alarm)
    return () => {
      this.#alarms.delete(alarm)
    }
  }

  get pending(): number[] {
    return [...this.#alarms].map(({ atMs }) => atMs)
  }

  /** `earlyMs`: timers come too early by so much. */
  goTo(now: number, earlyMs = 0): void {
    this.now = now
    for (const alarm of [...this.#alarms]) {
      if (alarm.atMs - earlyMs > now) continue
      this.#alarms.delete(alarm)
      alarm.call()
    }
  }
}

function alarmOf(manner: AlarmManner) {
  const clock = new HandSetClock()
  const state = { deadlineMs: undefined as number | undefined, dueAtMs: [] as number[] }
  const alarm = new DeadlineAlarm(
    clock,
    manner,
    () => state.deadlineMs,
    () => {
      state.dueAtMs.push(clock.now)
      state.deadlineMs = undefined
    },
  )
  const want = (deadlineMs: number | undefined): void => {
    state.deadlineMs = deadlineMs
    alarm.update()
  }
  return { clock, state, alarm, want }
}

test('lazy: one timer serves a deadline that moves on, and is due at the last', (t) => {
  const { clock, state, want } = alarmOf('lazy')
  for (let deadlineMs = 1_010; deadlineMs < 1_100; deadlineMs++) want(deadlineMs)
  t.is(clock.set, 1)
  clock.goTo(1_010)
  t.deepEqual(state.dueAtMs, [])
  t.deepEqual(clock.pending, [1_099])
  clock.goTo(1_099)
  t.deepEqual(state.dueAtMs, [1_099])
})

test('lazy: an earlier deadline gets its own timer, and the one before is taken back', (t) => {
  const { clock, state, want } = alarmOf('lazy')
  want(1_100)
  want(1_050)
  t.deepEqual(clock.pending, [1_050])
  clock.goTo(1_050)
  t.deepEqual(state.dueAtMs, [1_050])
})

test('lazy: a timer that comes too early, or cannot wait so long, is set again', (t) => {
  const { clock, state, want } = alarmOf('lazy')
  want(2_000)
  clock.goTo(1_999, 1)
  t.deepEqual(state.dueAtMs, [])
  t.deepEqual(clock.pending, [2_000])
  clock.goTo(2_000)
  t.deepEqual(state.dueAtMs, [2_000])
})

for (const manner of ['lazy', 'exact', 'anew'] as const) {
  test(`${manner}: no deadline, no alarm; what is over rings no more`, (t) => {
    const { clock, state, alarm, want } = alarmOf(manner)
    want(Infinity)
    want(undefined)
    t.is(clock.set, 0)
    want(1_010)
    want(undefined)
    t.deepEqual(clock.pending, [])
    want(1_010)
    alarm.stop()
    clock.goTo(2_000)
    t.deepEqual(state.dueAtMs, [])
    want(1_500)
    clock.goTo(2_000)
    t.deepEqual(state.dueAtMs, [2_000], 'one that is overdue is due')
  })
}

test('exact: each deadline has its alarm, whole milliseconds, and what is overdue is due once', (t) => {
  const { clock, want } = alarmOf('exact')
  want(1_010.2)
  want(1_010.7)
  t.deepEqual([clock.set, clock.pending], [1, [1_011]])
  want(1_020)
  t.deepEqual([clock.set, clock.pending], [2, [1_020]])
  want(900)
  want(950)
  t.deepEqual([clock.set, clock.pending], [3, [1_000]])
})

test('anew: each update sets it behind what else is at that moment', (t) => {
  const { clock, want } = alarmOf('anew')
  want(1_010)
  want(1_010)
  t.deepEqual([clock.set, clock.pending], [2, [1_010]])
})

/** Answers each input with `did <input>`, and wants a tick 10 ms after `wake`. */
function drivenBy(
  more: (driver: () => MachineDriver<string, string>) => Partial<DriverHost<string, string>>,
) {
  const clock = new HandSetClock()
  const heard: string[] = []
  let deadlineMs: number | undefined
  const machine = {
    handle(input: string, nowMs: number): string[] {
      heard.push(input)
      if (input === 'throw') throw new Error('a defect')
      if (input === 'wake') deadlineMs = nowMs + 10
      if (input === 'tick') deadlineMs = undefined
      return [`did ${input}`]
    },
    nextDeadlineMs: () => deadlineMs,
  }
  const driver: MachineDriver<string, string> = new MachineDriver<string, string>(machine, {
    clock,
    execute: (effects) => {
      heard.push(...effects)
    },
    due: () => {
      driver.handle('tick')
    },
    ...more(() => driver),
  })
  return { clock, heard, driver }
}

test('what comes in while effects are executed waits for them, and its effects for those before', (t) => {
  const executed: string[] = []
  const { driver, heard } = drivenBy((self) => ({
    execute: (effects) => {
      for (const effect of effects) {
        if (effect === 'did a') self().handle('b')
        executed.push(effect)
      }
    },
  }))
  driver.handle('a')
  t.deepEqual(executed, ['did a', 'did b'])
  t.deepEqual(heard, ['a', 'b'])
})

test('without turns, each input may move the deadline, which is due when it has come', (t) => {
  const { clock, driver, heard } = drivenBy(() => ({}))
  driver.handle('wake')
  clock.goTo(1_009)
  t.deepEqual(heard, ['wake', 'did wake'])
  clock.goTo(1_010)
  t.deepEqual(heard.slice(2), ['tick', 'did tick'])
  t.deepEqual(clock.pending, [])
})

test('a turn: its beginning first, its end once after all that is ready, and alarms only then', (t) => {
  const soon: (() => void)[] = []
  const log: string[] = []
  const { clock, driver, heard } = drivenBy((self) => ({
    turns: {
      endInput: 'end',
      soon: (call) => soon.push(call),
      begins: () => {
        self().handle('begin')
      },
      ended: () => log.push('ended'),
    },
  }))
  driver.handle('wake')
  driver.handle('b')
  t.is(soon.length, 1)
  t.deepEqual(clock.pending, [])
  soon.shift()!()
  t.deepEqual(
    heard.filter((each) => !each.startsWith('did')),
    ['begin', 'wake', 'b', 'end'],
  )
  t.deepEqual(log, ['ended'])
  t.deepEqual(clock.pending, [1_010])

  clock.goTo(1_010)
  t.is(soon.length, 1, 'a tick begins a turn, too')
  driver.turn(['c', 'd'])
  t.deepEqual(
    heard.filter((each) => !each.startsWith('did')).slice(4),
    ['begin', 'tick', 'c', 'd', 'end'],
    'a turn that is given as a whole ends at once',
  )
})

test('a machine that throws is driven no further where that is wished', (t) => {
  const failures: string[] = []
  const { clock, driver, heard } = drivenBy(() => ({
    failed: (error, input) => {
      failures.push(`${input}: ${(error as Error).message}`)
    },
  }))
  driver.handle('wake')
  driver.handle('throw')
  driver.handle('a')
  clock.goTo(2_000)
  t.deepEqual(failures, ['throw: a defect'])
  t.deepEqual(heard, ['wake', 'did wake', 'throw'])
})

test('else who brought the input hears of it, and the rest is handled', (t) => {
  const { driver, heard } = drivenBy(() => ({}))
  t.throws(
    () => {
      driver.handle('throw')
    },
    { message: 'a defect' },
  )
  driver.handle('a')
  t.deepEqual(heard, ['throw', 'a', 'did a'])
})

test('one that is stopped in the middle executes nothing more', (t) => {
  const executed: string[] = []
  const { driver } = drivenBy((self) => ({
    execute: (effects) => {
      executed.push(...effects)
      self().handle('b')
      self().stop()
    },
  }))
  driver.handle('a')
  driver.turn(['c'])
  t.deepEqual(executed, ['did a'])
})
