/** A root with several clocks: it goes to the one that leads, within one question if it can. */
import test from 'ava'
import type { ClockAddresses } from '@jwp/protocol'
import type { ServerEffectOf } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'

const message = (id: number): object => ({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })
const [b, c] = [
  { host: 'b', port: 2 },
  { host: 'c', port: 3 },
]
const clock: ClockAddresses = { host: 'a', port: 1, standbys: [b, c] }

const asked = (server: CoreAtHand): ServerEffectOf<'ask-clock'> | undefined =>
  server.effects.find((effect) => effect.type === 'ask-clock')

/** It has one message to order, and asks `a`. */
function askingRoot(): CoreAtHand {
  const server = new CoreAtHand({ clock })
  server.turn({ type: 'start' })
  server.logIn()
  server.say(message(1))
  return server
}

const modeOf = (server: CoreAtHand): string => server.core.status().clock.mode

test('a standby sends it on to the leader, and nobody notices', (t) => {
  const server = askingRoot()
  t.is(asked(server)!.clock.host, 'a')
  server.turn({ type: 'clock-elsewhere', nonce: asked(server)!.nonce, leader: c })
  t.deepEqual(asked(server)!.clock, c)
  server.grant()
  t.is(modeOf(server), 'clock')
  t.is(server.core.inspect().pendingCount, 0)
  t.is(server.core.status().clock.host, 'c')
})

test('a clock that is gone is passed over at once', (t) => {
  const server = askingRoot()
  server.turn({ type: 'clock-refused', nonce: asked(server)!.nonce, info: 'nobody there' })
  t.is(asked(server)!.clock.host, 'b')
  server.grant()
  t.is(modeOf(server), 'clock')
})

test('when none of them serves, hybrid time does, and they are asked again after a break', (t) => {
  const server = askingRoot()
  const tries: string[] = []
  for (let ask = asked(server); ask !== undefined; ask = asked(server)) {
    tries.push(ask.clock.host)
    server.turn({ type: 'clock-elsewhere', nonce: ask.nonce, leader: undefined })
  }
  t.deepEqual(tries, ['a', 'b', 'c'])
  t.is(modeOf(server), 'hybrid')
  t.is(server.core.inspect().pendingCount, 0)
  server.pass(10_000)
  server.turn({ type: 'tick' })
  server.pass(10)
  server.turn({ type: 'tick' })
  const again = asked(server)!
  t.is(again.count, 1)
  // In the background too: all of them, then a break.
  for (let ask = asked(server); ask !== undefined; ask = asked(server)) {
    tries.push(ask.clock.host)
    server.turn({ type: 'clock-elsewhere', nonce: ask.nonce, leader: undefined })
  }
  t.is(tries.length, 6)
})

test('one that hangs costs one timeout, and then another is asked', (t) => {
  const server = askingRoot()
  for (const ms of [10_000, 10]) {
    server.pass(ms)
    server.turn({ type: 'tick' })
  }
  t.is(modeOf(server), 'hybrid')
  for (const ms of [10_000, 10]) {
    server.pass(ms)
    server.turn({ type: 'tick' })
  }
  t.is(asked(server)!.clock.host, 'b')
  server.grant(server.now + 60_000)
  t.is(modeOf(server), 'clock')
})

test('an answer to an older question sends it nowhere', (t) => {
  const server = askingRoot()
  server.turn({ type: 'clock-elsewhere', nonce: asked(server)!.nonce - 1, leader: c })
  t.is(asked(server), undefined)
})

test('an only clock that says nothing is asked over a new connection, once two questions have run out', (t) => {
  const server = new CoreAtHand({ clock: { host: 'a', port: 1 } })
  server.turn({ type: 'start' })
  server.logIn()
  server.say(message(1))
  const anew: boolean[] = [asked(server)!.anew === true]
  while (anew.length < 4) {
    server.pass(10_000)
    server.turn({ type: 'tick' })
    server.pass(10)
    server.turn({ type: 'tick' })
    const question = asked(server)
    if (question !== undefined) anew.push(question.anew === true)
  }
  t.deepEqual(anew, [false, false, true, true])
  server.grant(server.now + 60_000)
  t.is(modeOf(server), 'clock')
})
