/** Where a server that leaves sends its clients: to nobody who has not answered just now. */
import test from 'ava'
import { asClientId, asLinkId, asSessionToken, type LinkId } from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { authenticate } from './support/authenticate.js'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const clients = [1, 2, 3, 4].map(asClientId)

/** A root with two children and four clients that are logged in. */
function parent(t: { is(a: unknown, b: unknown): void }): CoreAtHand {
  const server = new CoreAtHand({ disk: undefined, balance: false })
  server.turn({ type: 'start' })
  for (const [i, name] of ['b', 'c'].entries()) {
    const link = asLinkId(2 + 2 * i)
    server.turn(
      { type: 'link-accepted', link, remoteHost: name },
      { type: 'link-message', link, message: authenticate(address(name)) },
    )
  }
  for (const client of clients) {
    const freshToken = asSessionToken(String(client).repeat(32))
    server.turn(
      { type: 'client-opened', client, freshToken, dialect: 'lines' },
      { type: 'client-line', client, value: { command: 'LOGIN', username: 'anonymous' } },
    )
  }
  t.is(server.core.status().clients, clients.length)
  return server
}

const dialled = (effects: readonly ServerEffect[]): Map<string, LinkId> =>
  new Map(effects.flatMap((effect) => (effect.type === 'dial' ? [[effect.address.host, effect.link]] : [])))

const redirected = (effects: readonly ServerEffect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === 'send-to-client' && effect.command.command === 'REDIRECT'
      ? [effect.command.hostname]
      : [],
  )

const closed = (effects: readonly ServerEffect[]): number =>
  effects.filter(({ type }) => type === 'close-client').length

test('clients wait until those who are asked have answered, and share their places', (t) => {
  const server = parent(t)
  const asked = dialled(server.turn({ type: 'leave' }))
  t.deepEqual([...asked.keys()].sort(), ['b', 'c'])
  t.deepEqual(redirected(server.effects), [])
  const answer = (host: string): ServerEffect[] =>
    server.turn(
      { type: 'link-opened', link: asked.get(host)! },
      {
        type: 'link-message',
        link: asked.get(host)!,
        message: { type: 'OFFER_RESULT', count: 2, clients: 2 },
      },
    )
  t.deepEqual(redirected(answer('b')), [])
  t.deepEqual(redirected(answer('c')).sort(), ['b', 'b', 'c', 'c'])
})

test('one that is dead and one that leaves as well are named to nobody', (t) => {
  const server = parent(t)
  const asked = dialled(server.turn({ type: 'leave' }))
  server.turn({ type: 'link-failed', link: asked.get('b')!, why: 'refused', info: 'connection refused' })
  const [b, c] = [asked.get('b')!, asked.get('c')!]
  t.not(b, c)
  const effects = server.turn(
    { type: 'link-opened', link: c },
    // What a server that leaves does with every question.
    { type: 'link-closed', link: c, info: 'closed' },
  )
  t.deepEqual(redirected(effects), [])
  t.is(closed(effects), clients.length)
})

test('one that does not answer in time is named to nobody; who has answered gets all', (t) => {
  const server = parent(t)
  const asked = dialled(server.turn({ type: 'leave' }))
  const b = asked.get('b')!
  server.turn(
    { type: 'link-opened', link: b },
    { type: 'link-message', link: b, message: { type: 'OFFER_RESULT', count: 0, clients: 9 } },
  )
  server.turn({ type: 'link-opened', link: asked.get('c')! })
  server.pass(1_000)
  t.deepEqual(redirected(server.turn({ type: 'tick' })), ['b', 'b', 'b', 'b'])
})
