/** Asking a server to take clients, and what it answers: to those who may ask, and to those who may not. */
import test from 'ava'
import {
  asClientId,
  asEpoch,
  asLinkId,
  asServerId,
  asSessionToken,
  LogRun,
  noPublisher,
  type LogEntry,
  type ServerLoad,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { CoreAtHand, type CoreSettings } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const link = asLinkId(2)
const epoch = asEpoch('1.parent#1')

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

  join(number: number, more: object = {}): ServerEffect[] {
    const client = asClientId(number)
    const freshToken = asSessionToken(String(number % 10).repeat(32))
    this.turn({ type: 'client-opened', client, freshToken, dialect: 'lines' })
    return this.turn({
      type: 'client-line',
      client,
      value: { command: 'LOGIN', username: 'anonymous', ...more },
    })
  }

  /** It joins with a session that it had elsewhere. */
  goOn(number: number): ServerEffect[] {
    const session = String(number % 10).repeat(32)
    // What the core at hand takes for a digest is the text itself.
    const publisher = `jwp session ${session} anonymous`.slice(0, 32)
    const lineage = [[epoch, 2]]
    return this.join(number, { features: ['ack', 'resume'], resume: { session, publisher, lineage } })
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
  t.false(effects.some((effect) => effect.type === 'send-to-client'))
})

/** A child of a tree that is at work, with a log that ends at 2. */
class Joined extends Asked {
  readonly #parent = asLinkId(1)

  constructor() {
    const remote = address('parent')
    super({ remote })
    const id = asServerId('parent#1')
    this.turn({ type: 'link-opened', link: this.#parent })
    this.told({ type: 'REFUSE', why: 'rooted' })
    this.told({
      type: 'AUTHENTICATION_SUCCESS',
      id,
      path: [{ id, address: remote }],
      succession: [],
      rootLineage: [[epoch, 2]],
      epochNumber: 1,
      everywhere: 0,
      contacts: [],
      clock: { host: 'c', port: 3 },
      you: address('me'),
    })
  }

  told(message: ServerMessage): ServerEffect[] {
    return this.turn({ type: 'link-message', link: this.#parent, message })
  }

  logs(from: number): void {
    const marker: LogEntry = {
      epoch,
      timestamp: from,
      publisher: noPublisher,
      n: 0,
      kind: 'marker',
      body: new Uint8Array(0),
    }
    this.told({ type: 'LOG', from, runs: [LogRun.of(marker)], commit: from, ack: true })
  }

  /** Time passes, and the parent is heard of. */
  stay(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      this.pass(500)
      this.told({ type: 'HEARTBEAT', sentMs: this.now, echoMs: undefined })
      this.turn({ type: 'tick' })
    }
  }

  /** Another server is announced, and so is the number of clients of the whole tree. */
  hearsOf(other: ServerLoad, clients: number): ServerEffect[] {
    return this.told({ type: 'LOADS', servers: 2, clients, least: [other] })
  }
}

test('who has just joined takes nobody before it has what the tree had then', (t) => {
  const server = new Joined()
  t.is(server.core.status().role, 'child')
  server.logs(1)
  t.like(server.offer(10, 3), { count: 0 })
  server.logs(2)
  t.like(server.offer(10, 3), { count: 3 })
})

const idle = { address: address('idle'), clients: 0 }
const isDial = (effect: ServerEffect): boolean => effect.type === 'dial' && effect.address.name === 'idle'
const isRedirect = (effect: ServerEffect): boolean =>
  effect.type === 'send-to-client' && effect.command.command === 'REDIRECT'

function caughtUp(): Joined {
  const server = new Joined()
  server.logs(1)
  server.logs(2)
  return server
}

for (const [had, moved] of [
  [0, 1],
  [1, 0],
] as const)
  test(`of three clients who are here already ${moved} is moved to a server that turns out to have ${had}`, (t) => {
    const server = caughtUp()
    for (let i = 1; i <= 3; i++) server.join(i)
    server.stay(2_000)
    const dial = server.hearsOf(idle, 3).find(isDial)
    if (dial?.type !== 'dial') return t.fail('nobody was asked')
    const { link } = dial
    const asked = server.turn({ type: 'link-opened', link })
    t.like(
      asked.find((effect) => effect.type === 'send' && effect.link === link),
      { message: { type: 'OFFER', clients: 3, count: 1 } },
    )
    const message: ServerMessage = { type: 'OFFER_RESULT', count: 1, clients: had + 1 }
    t.is(server.turn({ type: 'link-message', link, message }).filter(isRedirect).length, moved)
  })

test('who was sent here and goes on with a session stays, though somebody else was faster', (t) => {
  const server = caughtUp()
  server.offer(10, 1)
  server.join(1)
  server.hearsOf(idle, 1)
  t.false(server.goOn(2).some(isDial))
  t.true(server.goOn(3).some(isDial), 'nobody more was sent')
})

test('who was sent long ago is not waited for any more', (t) => {
  const server = caughtUp()
  server.offer(10, 1)
  server.join(1)
  server.hearsOf(idle, 1)
  server.stay(3_000)
  t.true(server.goOn(2).some(isDial))
})
