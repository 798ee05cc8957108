/** Calendars of machines that are off, are set, or go on while the machine sleeps. */
import test from 'ava'
import { asClientId, asSessionToken, timestampAtUnixMs, unixMsOfTimestamp } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'

const dayMs = 86_400_000
const hourMs = 3_600_000
let ids = 0

function root(options: ConstructorParameters<typeof CoreAtHand>[0] = {}): CoreAtHand {
  const server = new CoreAtHand(options)
  server.turn({ type: 'start' })
  server.logIn()
  ids = 0
  return server
}

const say = (server: CoreAtHand): void => {
  server.say({ command: 'ACTIVITY_MESSAGE', id: ++ids, activity: { ids } })
}

/** Of the last entry, in Unix milliseconds. */
const stampOf = (server: CoreAtHand): number => unixMsOfTimestamp(server.core.status().lastTimestamp)

function clockIsGone(server: CoreAtHand): void {
  const asked = server.effects.find((effect) => effect.type === 'ask-clock')
  if (asked?.type !== 'ask-clock') throw new Error('the clock was not asked')
  server.turn({ type: 'clock-refused', nonce: asked.nonce, info: 'gone' })
}

const eventsIn = (server: CoreAtHand): ServerEvent[] =>
  server.effects.flatMap((effect) => (effect.type === 'report' ? [effect.event] : []))

/** Ticks, and what has a disk gets what it asks for. */
function live(server: CoreAtHand, ms: number, stepMs: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    server.pass(stepMs)
    server.turn({ type: 'tick' })
    if (server.effects.some((effect) => effect.type === 'ask-clock')) server.grant()
    server.stored()
  }
}

test('hybrid time follows a machine that has slept, and the log says so', (t) => {
  const server = root()
  say(server)
  clockIsGone(server)
  t.true(Math.abs(stampOf(server) - server.now) < 10)
  server.turn({ type: 'calendar', unixMs: server.now + hourMs })
  const [event] = eventsIn(server)
  t.is(event?.event, 'calendar-jumped')
  say(server)
  t.true(Math.abs(stampOf(server) - server.now - hourMs) < 10, 'not an hour behind')
  // Somebody sets it back: hybrid time goes on.
  server.turn({ type: 'calendar', unixMs: server.now - hourMs })
  server.pass(1_000)
  say(server)
  t.true(Math.abs(stampOf(server) - server.now - hourMs) < 10)
})

test('without a clock, a machine whose calendar is days off goes on from the time in the log', (t) => {
  for (const offMs of [-2 * dayMs, 2 * dayMs]) {
    const server = root()
    say(server)
    server.grant(server.now - offMs)
    server.stored()
    t.deepEqual(
      eventsIn(server).filter(({ event }) => event === 'time-differs'),
      [],
    )
    server.pass(60_000)
    say(server)
    clockIsGone(server)
    t.true(Math.abs(stampOf(server) - (server.now - offMs)) < 100, `calendar off by ${offMs} ms`)
    const { machineMs, logMs } = server.core.status().times!
    t.true(Math.abs(machineMs - logMs! - offMs) < 100, 'both are told')
  }
})

test('a difference above a minute is told, once', (t) => {
  const server = root()
  say(server)
  server.grant(server.now - 59_000)
  t.false(eventsIn(server).some(({ event }) => event === 'time-differs'))
  server.stored()
  say(server)
  server.grant(server.now + 120_000)
  const told = eventsIn(server).find((event) => event.event === 'time-differs')
  t.true(told?.event === 'time-differs' && Math.abs(told.aheadMs + 120_000) < 100)
  server.stored()
  say(server)
  server.grant(server.now + 120_000)
  t.false(eventsIn(server).some(({ event }) => event === 'time-differs'))
})

test('a calendar that was behind and is put right does not make hybrid time run ahead', (t) => {
  const server = root()
  say(server)
  server.grant(server.now + 2 * dayMs)
  server.stored()
  server.turn({ type: 'calendar', unixMs: server.now + 2 * dayMs })
  say(server)
  clockIsGone(server)
  t.true(Math.abs(stampOf(server) - server.now - 2 * dayMs) < 100)
})

for (const [calendar, offMs] of [
  ['two days ahead', 2 * dayMs],
  ['two days behind', -2 * dayMs],
] as const) {
  test(`what a user is owed is not lost where the calendar is ${calendar}`, (t) => {
    const server = root({ limits: { retentionMs: 10_000, backlogMs: 40_000 } })
    const bob = asClientId(2)
    const freshToken = asSessionToken('1'.repeat(32))
    server.turn({ type: 'client-opened', client: bob, freshToken, dialect: 'lines' })
    server.turn({
      type: 'client-line',
      client: bob,
      value: { command: 'REGISTER', username: 'bob', secret: 'sesame' },
    })
    const job = server.effects.find((effect) => effect.type === 'hash-secret')
    if (job?.type !== 'hash-secret') return t.fail('no hash is asked for')
    server.turn({ type: 'secret-hashed', job: job.job, salt: '00', verifier: '11' })
    const now = (): number => server.now - offMs
    const settle = (): void => {
      for (let k = 0; k < 4; k++) {
        if (server.effects.some((effect) => effect.type === 'ask-clock')) server.grant(now())
        server.stored()
      }
    }
    settle()
    server.turn({
      type: 'client-line',
      client: bob,
      value: { command: 'LOGIN', username: 'bob', secret: 'sesame', features: ['resume'] },
    })
    const check = server.effects.find((effect) => effect.type === 'check-secret')
    if (check?.type !== 'check-secret') return t.fail('no check is asked for')
    server.turn({ type: 'secret-checked', job: check.job, ok: true })
    settle()
    const from = server.core.status().log.last
    say(server)
    settle()
    server.turn({ type: 'client-closed', client: bob })
    settle()
    const owed = (): number => server.core.status().log.first
    for (let k = 0; k < 30; k++) {
      server.pass(1_000)
      server.turn({ type: 'tick' })
      settle()
    }
    t.true(owed() <= from + 1, `after 30 s the log begins at ${owed()}`)
    for (let k = 0; k < 30; k++) {
      server.pass(1_000)
      server.turn({ type: 'tick' })
      settle()
    }
    t.true(owed() > from + 1, `after 60 s the log begins at ${owed()}`)
  })
}

test('a machine that stands still for days has not kept anything for days', (t) => {
  const server = root({ limits: { retentionMs: 60_000 } })
  say(server)
  server.grant()
  server.stored()
  live(server, 5_000, 1_000)
  const { first } = server.core.status().log
  server.pass(2 * dayMs)
  server.turn({ type: 'tick' })
  server.stored()
  t.is(server.core.status().log.first, first)
  live(server, 70_000, 1_000)
  t.true(server.core.status().log.first > first)
  t.true(timestampAtUnixMs(server.now) > 0)
})
