/** A clock that errs costs timestamps their quality, never the network its order or its life. */
import test from 'ava'
import { reserveMs } from '#dist/core/log/timestamp-reserve.js'
import { CoreAtHand } from './support/core-at-hand.js'

const message = (id: number): object => ({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })

interface Asked {
  readonly nonce: number
  readonly count: number
  readonly atLeast: number
}

function askedBy(server: CoreAtHand): Asked | undefined {
  return server.effects.find((effect) => effect.type === 'ask-clock')
}

/** A root that has just asked for the timestamps of three messages; one is in the log already. */
function askingRoot(): { server: CoreAtHand; asked: Asked } {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  server.logIn()
  server.say(message(1))
  server.grant()
  server.say(message(2), message(3), message(4))
  return { server, asked: askedBy(server)! }
}

const timestampsOf = (server: CoreAtHand): number[] => {
  const { entryAt, lastIndex } = server.core.inspect()
  return Array.from({ length: lastIndex }, (_, k) => entryAt(k + 1)!.timestamp)
}

for (const [what, wrong] of [
  ['a number that it has given before', ({ atLeast }: Asked) => ({ start: atLeast })],
  ['a number from the past', ({ atLeast }: Asked) => ({ start: atLeast - 1_000_000 })],
  ['nothing', () => ({ count: 0 })],
  ['less than nothing', () => ({ count: -3 })],
  ['more than was asked for', () => ({ count: 1_000 })],
  ['half a number', ({ atLeast }: Asked) => ({ start: atLeast + 0.5 })],
  ['no number', () => ({ start: Number.NaN })],
  ['numbers that end beyond what a number can hold', () => ({ start: Number.MAX_SAFE_INTEGER })],
] as const) {
  test(`a clock that gives ${what}: hybrid time, and timestamps rise all the same`, (t) => {
    const { server, asked } = askingRoot()
    const right = { start: asked.atLeast + 1, count: asked.count }
    server.turn({ type: 'clock-granted', nonce: asked.nonce, ...right, ...wrong(asked) })
    const reports = server.effects.flatMap((effect) => (effect.type === 'report' ? [effect.event.event] : []))
    t.deepEqual(reports, ['clock-lost'])
    t.is(server.core.inspect().pendingCount, 0)
    const timestamps = timestampsOf(server)
    t.is(timestamps.length, 5)
    for (let k = 1; k < timestamps.length; k++) t.true(timestamps[k]! > timestamps[k - 1]!)
    t.is(askedBy(server), undefined, 'it is not asked again at once')
  })
}

test('once the clock is right again it is believed again', (t) => {
  const { server, asked } = askingRoot()
  server.turn({ type: 'clock-granted', nonce: asked.nonce, start: asked.atLeast, count: asked.count })
  t.is(server.core.status().clock.mode, 'hybrid')
  server.pass(10_000)
  server.turn({ type: 'tick' })
  server.pass(10)
  server.turn({ type: 'tick' })
  server.grant(server.now + 60_000)
  t.is(server.core.status().clock.mode, 'clock')
  server.pass(reserveMs)
  server.say(message(5))
  server.grant(server.now + 60_000)
  t.is(server.core.inspect().lastIndex, 6)
})

test('an answer to an older question is no answer', (t) => {
  const { server, asked } = askingRoot()
  server.turn({ type: 'clock-granted', nonce: asked.nonce - 1, start: asked.atLeast + 1, count: asked.count })
  t.is(server.core.inspect().pendingCount, 3)
  t.is(server.core.status().clock.mode, 'clock')
})

test('an answer with fewer than asked for is used, and the rest is asked for', (t) => {
  const { server, asked } = askingRoot()
  server.pass(reserveMs)
  server.turn({ type: 'clock-granted', nonce: asked.nonce, start: asked.atLeast + 1, count: 1 })
  t.is(server.core.inspect().pendingCount, 2)
  t.is(askedBy(server)?.count, 2)
})

test('each reason why no clock serves is told once', (t) => {
  const { server, asked } = askingRoot()
  const told = (): string[] =>
    server.effects.flatMap((effect) =>
      effect.type === 'report' && effect.event.event === 'clock-lost' ? [effect.event.info] : [],
    )
  server.turn({ type: 'clock-refused', nonce: asked.nonce, info: 'no answer' })
  t.deepEqual(told(), ['no answer'])
  const reasons: string[] = []
  for (const info of ['no answer', 'no version in common', 'no version in common', 'no answer']) {
    // After the break it asks again.
    for (const ms of [10_000, 10]) {
      server.pass(ms)
      server.turn({ type: 'tick' })
    }
    server.turn({ type: 'clock-refused', nonce: askedBy(server)!.nonce, info })
    reasons.push(...told())
  }
  t.deepEqual(reasons, ['no version in common'])
})
