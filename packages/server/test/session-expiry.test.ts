/** Publishers are forgotten when nobody has heard of them for the session lifetime, and not before. */
import test from 'ava'
import { asClientId, asSessionToken, unixMsOfTimestamp } from '@jwp/protocol'
import { CoreAtHand } from './support/core-at-hand.js'

const sessionLifetimeMs = 60_000
const ann = asClientId(1)
const message = (id: number): object => ({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })

/** A lone root whose client has published once. */
function rootWithSession(): CoreAtHand {
  const server = new CoreAtHand({ limits: { sessionLifetimeMs } })
  server.turn({ type: 'start' })
  server.logIn()
  server.say(message(1))
  server.grant()
  server.stored()
  return server
}

/** Time passes in small steps; whatever wants its place in the log gets it. */
function live(server: CoreAtHand, ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    server.pass(1_000)
    const isAsked = server
      .turn({ type: 'tick' })
      .some(
        (effect) =>
          effect.type === 'send-to-client' && effect.client === ann && effect.command.command === 'PING',
      )
    if (server.effects.some((effect) => effect.type === 'ask-clock')) server.grant()
    server.stored()
    if (isAsked) server.say({ command: 'PONG' })
  }
}

const kindsIn = (server: CoreAtHand): string[] => {
  const { entryAt, lastIndex } = server.core.inspect()
  // The marker of the term is older than any clock, and not kept.
  return Array.from({ length: lastIndex }, (_, k) => entryAt(k + 1)?.kind ?? 'dropped')
}

/** The log's own time goes on only with entries: somebody else talks. */
function somebodyElseTalks(server: CoreAtHand, id: number): void {
  const bob = asClientId(2)
  if (id === 1) {
    const freshToken = asSessionToken('1'.repeat(32))
    server.turn({ type: 'client-opened', client: bob, freshToken, dialect: 'lines' })
    server.turn({
      type: 'client-line',
      client: bob,
      value: { command: 'LOGIN', username: 'anonymous', features: ['ack'] },
    })
  }
  server.turn({ type: 'client-line', client: bob, value: message(id) })
  if (server.effects.some((effect) => effect.type === 'ask-clock')) server.grant()
  server.stored()
}

test('a session that is gone is forgotten after its lifetime', (t) => {
  const server = rootWithSession()
  server.turn({ type: 'client-closed', client: ann })
  for (let id = 1; id <= 5; id++) {
    live(server, sessionLifetimeMs / 6)
    somebodyElseTalks(server, id)
  }
  t.is(server.core.status().publishers, 2)
  live(server, sessionLifetimeMs / 3)
  somebodyElseTalks(server, 6)
  live(server, 10_000)
  t.true(kindsIn(server).includes('expire'))
  // Left: the one who talks, and the server, which has published the entry.
  t.is(server.core.status().publishers, 2)
})

test('a session that is connected and silent is kept', (t) => {
  const server = rootWithSession()
  for (let id = 1; id <= 12; id++) {
    live(server, sessionLifetimeMs / 4)
    somebodyElseTalks(server, id)
  }
  const kinds = kindsIn(server)
  t.true(kinds.includes('keep'))
  t.false(kinds.includes('expire'))
  server.say(message(2))
  server.grant()
  t.is(server.core.inspect().entryAt(server.core.inspect().lastIndex)!.n, 2)
})

test('when the log jumps ahead in time, nobody looks old for it', (t) => {
  const server = rootWithSession()
  server.turn({ type: 'client-closed', client: ann })
  somebodyElseTalks(server, 1)
  server.turn({
    type: 'client-line',
    client: asClientId(2),
    value: message(2),
  })
  server.grant(server.now + 10 * sessionLifetimeMs)
  server.stored()
  t.true(unixMsOfTimestamp(server.core.status().lastTimestamp) > server.now + 9 * sessionLifetimeMs)
  live(server, sessionLifetimeMs / 2)
  t.false(kindsIn(server).includes('expire'))
})
