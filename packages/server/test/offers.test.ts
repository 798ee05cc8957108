/** Asking a server to take clients, and what it answers: to those who may ask, and to those who may not. */
import test from 'ava'
import {
  asClientId,
  asEpoch,
  asLinkId,
  asServerId,
  asSessionToken,
  noPublisher,
  type LogEntry,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { CoreAtHand, type CoreSettings } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const link = asLinkId(2)

class Asked extends CoreAtHand {
  constructor(settings: CoreSettings = {}) {
    super(settings)
    this.turn({ type: 'start' })
    this.turn({ type: 'link-accepted', link, remoteHost: 'elsewhere' })
  }

  hear(message: ServerMessage): ServerEffect[] {
    return this.turn({ type: 'link-message', link, message })
  }

  offer(clients: number, count: number, secret = 'me'): unknown {
    return answerIn(this.hear({ type: 'OFFER', secret, clients, count }))
  }

  join(number: number): void {
    const client = asClientId(number)
    const freshToken = asSessionToken(String(number % 10).repeat(32))
    this.turn({ type: 'client-opened', client, freshToken, dialect: 'lines' })
    this.turn({ type: 'client-line', client, value: { command: 'LOGIN', username: 'anonymous' } })
  }
}

function answerIn(effects: readonly ServerEffect[]): ServerMessage | undefined {
  const sent = effects.find((effect) => effect.type === 'send' && effect.link === link)
  return sent?.type === 'send' ? sent.message : undefined
}

test('it takes half of the difference, and counts those who are on their way', (t) => {
  const server = new Asked()
  t.deepEqual(server.offer(10, 3), { type: 'OFFER_RESULT', count: 3, clients: 3 })
  t.deepEqual(server.offer(10, 100), { type: 'OFFER_RESULT', count: 3, clients: 6 })
  t.deepEqual(server.offer(7, 1), { type: 'OFFER_RESULT', count: 0, clients: 6 })
})

test('who is on the way and comes is counted once; who never comes is forgotten', (t) => {
  const server = new Asked()
  server.offer(10, 4)
  server.join(1)
  t.is(server.core.inspect().loads().totals.clients, 4)
  server.pass(3_000)
  server.turn({ type: 'tick' })
  t.is(server.core.inspect().loads().totals.clients, 1)
})

test('who claims to have any number of clients is promised a bounded one', (t) => {
  const server = new Asked()
  for (let i = 0; i < 50; i++) server.offer(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  t.is(server.core.inspect().loads().totals.clients, 1_000)
})

test('an orphan, and who takes no part, take nobody', (t) => {
  const remote = { name: 'r', host: 'r', port: 1, secret: 'r' } as CoreSettings['remote'] & object
  t.like(new Asked({ remote }).offer(10, 3), { count: 0 })
  t.like(new Asked({ balance: false }).offer(10, 3), { count: 0 })
})

test('a wrong secret is told nothing', (t) => {
  const server = new Asked()
  t.deepEqual(server.offer(10, 3, 'guess'), { type: 'AUTHENTICATION_FAIL', info: 'wrong secret' })
  t.is(server.core.inspect().loads().totals.clients, 0)
})

test('a promise that nobody asked for closes the link, and moves nobody', (t) => {
  const server = new Asked()
  for (let i = 1; i <= 5; i++) server.join(i)
  server.pass(5_000)
  const effects = server.hear({ type: 'OFFER_RESULT', count: 5, clients: 0 })
  t.like(answerIn(effects), { type: 'AUTHENTICATION_FAIL' })
  t.true(effects.some(({ type }) => type === 'close'))
  t.false(effects.some((effect) => effect.type === 'tell'))
})

test('who has just joined takes nobody before it has what the tree had then', (t) => {
  const parent = address('parent')
  const server = new Asked({ remote: parent })
  const parentLink = asLinkId(1)
  const told = (message: ServerMessage): unknown =>
    server.turn({ type: 'link-message', link: parentLink, message })
  const id = asServerId('parent#1')
  const epoch = asEpoch('1.parent#1')
  server.turn({ type: 'link-opened', link: parentLink })
  told({ type: 'REFUSE', why: 'rooted' })
  told({
    type: 'AUTHENTICATION_SUCCESS',
    id,
    path: [{ id, address: parent }],
    succession: [],
    rootLineage: [[epoch, 2]],
    epochNumber: 1,
    everywhere: 0,
    contacts: [],
    clock: { host: 'c', port: 3 },
    you: address('me'),
  })
  t.is(server.core.status().role, 'child')
  const marker: LogEntry = {
    epoch,
    timestamp: 1,
    publisher: noPublisher,
    n: 0,
    kind: 'marker',
    body: new Uint8Array(0),
  }
  const log = (from: number): ServerMessage => ({
    type: 'LOG',
    from,
    entries: [{ ...marker, timestamp: from }],
    commit: from,
    ack: true,
  })
  told(log(1))
  t.like(server.offer(10, 3), { count: 0 })
  told(log(2))
  t.like(server.offer(10, 3), { count: 3 })
})
