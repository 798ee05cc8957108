/** A server that takes a few clients only: who gets in, who waits, what those are told who find no place. */
import test from 'ava'
import { asClientId, asSessionToken, type Address, type ClientId, type LinkId } from '@jwp/protocol'
import {
  defaultTiming,
  type ServerCore,
  type GrowthOptions,
  type ServerEffect,
  type ServerEffectOf,
  type ServerInput,
} from '@jwp/server/core'
import { address, makeCore } from './support/make-core.js'

const { decideWithinMs, startWithinMs, startPauseMs } = defaultTiming

/** A lone root with hybrid time. */
class Root {
  readonly core: ServerCore
  nowMs = 1_800_000_000_000
  effects: ServerEffect[] = []
  readonly #dialled: LinkId[] = []

  constructor(growth: GrowthOptions, remote?: Address) {
    this.core = makeCore({ remote, growth })
    this.turn({ type: 'start' })
    this.pass(1_000)
  }

  /** These inputs as one turn, and the turns that the core asks for at once. */
  turn(...inputs: ServerInput[]): void {
    this.#oneTurn(inputs)
    for (let link = this.#dialled.shift(); link !== undefined; link = this.#dialled.shift())
      this.#oneTurn([{ type: 'link-failed', link, why: 'refused', info: 'nobody' }])
    for (let more = 0; (this.core.nextDeadlineMs() ?? Infinity) <= this.nowMs; more++) {
      if (more > 100) throw new Error('busy loop')
      this.#oneTurn([{ type: 'tick' }])
    }
  }

  #oneTurn(inputs: readonly ServerInput[]): void {
    for (const input of [...inputs, { type: 'turn-ended' } as const]) {
      for (const effect of this.core.handle(input, this.nowMs)) {
        this.effects.push(effect)
        // There is nobody else in this world.
        if (effect.type === 'dial') this.#dialled.push(effect.link)
      }
    }
  }

  /** Time passes as it does for a real one: each deadline is met when it comes. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const deadlineMs = this.core.nextDeadlineMs() ?? Infinity
      if (deadlineMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, deadlineMs)
      this.turn({ type: 'tick' })
    }
    this.nowMs = untilMs
  }

  open(number: number): ClientId {
    const client = asClientId(number)
    const freshToken = asSessionToken(String(number).padStart(32, '0'))
    this.turn({ type: 'client-opened', client, freshToken, dialect: 'lines' })
    return client
  }

  say(client: ClientId, value: object): void {
    this.turn({ type: 'client-line', client, value })
  }

  logIn(number: number, more: object = {}): ClientId {
    const client = this.open(number)
    this.say(client, { command: 'LOGIN', username: 'anonymous', ...more })
    return client
  }

  /** All that a client was told, in words. */
  told(client: ClientId): string[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== 'send-to-client' || effect.client !== client) return []
      const { command } = effect
      return ['info' in command ? `${command.command}: ${command.info}` : command.command]
    })
  }

  isClosed(client: ClientId): boolean {
    return this.effects.some((effect) => effect.type === 'close-client' && effect.client === client)
  }

  starts(): ServerEffectOf<'start-server'>[] {
    return this.effects.filter((effect) => effect.type === 'start-server')
  }
}

const welcome = ['LOGIN_SUCCESS: logged in as user anonymous']

test('without --autoscale who finds no place is told so, and whoever is in stays in', (t) => {
  const root = new Root({ maxClients: 2 })
  const [first, second, third] = [1, 2, 3].map((number) => root.logIn(number)) as [
    ClientId,
    ClientId,
    ClientId,
  ]
  t.deepEqual([root.told(first), root.told(second)], [welcome, welcome])
  t.deepEqual(root.told(third), ['LOGIN_FAILED: not decided: all servers are full, try again later'])
  t.true(root.isClosed(third))
  t.false(root.isClosed(first) || root.isClosed(second))
  t.deepEqual(root.starts(), [])
  root.turn({ type: 'client-closed', client: first })
  t.deepEqual(root.told(root.logIn(4)), welcome, 'a place that is free again')
})

test('connections that are not logged in take no place, a second LOGIN takes no second one', (t) => {
  const root = new Root({ maxClients: 1 })
  for (let number = 10; number < 20; number++) root.open(number)
  const client = root.logIn(1)
  root.say(client, { command: 'LOGIN', username: 'anonymous' })
  t.deepEqual(root.told(client), [...welcome, ...welcome])
})

test('a session that goes on over another connection takes its old place', (t) => {
  const root = new Root({ maxClients: 1 })
  const features = { features: ['ack', 'resume'] }
  const before = root.logIn(1, features)
  const session = '1'.padStart(32, '0')
  const publisher = `jwp session ${session} anonymous`.slice(0, 32)
  const resume = { session, publisher, lineage: [] }
  t.deepEqual(root.told(root.logIn(2, { ...features, resume })), welcome)
  t.true(root.isClosed(before))
  t.is(root.core.inspect().places.taken, 1)
})

test('all who come meanwhile wait for the same start; a place that becomes free is as good', (t) => {
  const root = new Root({ maxClients: 1, maxServers: 4 })
  const first = root.logIn(1)
  const waiting = [2, 3, 4].map((number) => root.logIn(number))
  t.is(root.starts().length, 1)
  t.deepEqual(root.core.inspect().places, { taken: 1, waiting: 3 })
  root.turn({ type: 'client-closed', client: first })
  t.deepEqual(
    waiting.map((client) => root.told(client)),
    [welcome, [], []],
  )
  root.turn({ type: 'client-closed', client: waiting[1]! })
  t.deepEqual(root.core.inspect().places, { taken: 1, waiting: 1 })
})

test('a start that fails is told to all who wait, and to those who come soon after, in words', (t) => {
  const root = new Root({ maxClients: 1, maxServers: 4 })
  root.logIn(1)
  const waiting = [2, 3].map((number) => root.logIn(number))
  const info = 'the command: it ended with exit code 7'
  root.turn({ type: 'start-failed', attempt: root.starts()[0]!.attempt, info })
  waiting.push(root.logIn(4))
  const words = `LOGIN_FAILED: not decided: all servers are full, and starting another failed (${info}), try again later`
  t.deepEqual(
    waiting.map((client) => root.told(client)),
    [[words], [words], [words]],
  )
  t.is(root.starts().length, 1)
  root.pass(startPauseMs)
  root.logIn(5)
  t.is(root.starts().length, 2, 'after a pause it is tried again')
  root.turn({ type: 'start-failed', attempt: root.starts()[0]!.attempt, info: 'again' })
  t.is(root.core.inspect().places.waiting, 1, 'what is heard of an earlier one is of no interest')
})

test('nobody waits longer than for any login, and a start that never ends is given up', (t) => {
  const root = new Root({ maxClients: 1, maxServers: 4 })
  root.logIn(1)
  const waits = root.logIn(2)
  root.pass(decideWithinMs - 1)
  t.deepEqual(root.told(waits), [])
  root.pass(1)
  t.deepEqual(root.told(waits), [
    'LOGIN_FAILED: not decided: all servers are full, and another one is still being started, try again',
  ])
  t.false(root.effects.some(({ type }) => type === 'abandon-start'))
  root.pass(startWithinMs - decideWithinMs)
  t.true(root.effects.some(({ type }) => type === 'abandon-start'))
  t.regex(root.told(root.logIn(3))[0]!, /starting another failed \(it did not come within 30000 ms\)/)
})

test('at the most nobody is started', (t) => {
  const root = new Root({ maxClients: 1, maxServers: 1 })
  root.logIn(1)
  t.deepEqual(root.told(root.logIn(2)), [
    'LOGIN_FAILED: not decided: the only server is full, and there may be no more, try again later',
  ])
  t.deepEqual(root.starts(), [])
})

test('whoever waits when the server leaves is told', (t) => {
  const root = new Root({ maxClients: 1, maxServers: 4 })
  root.logIn(1)
  const waits = root.logIn(2)
  root.turn({ type: 'leave' })
  t.deepEqual(root.told(waits), ['LOGIN_FAILED: not decided: this server ends, try another one'])
})

test('a first message without LOGIN waits for a place, and is not lost without a word', (t) => {
  const root = new Root({ maxClients: 1 })
  const client = root.open(2)
  root.say(client, { command: 'REGISTER', username: 'ann', secret: 's' })
  const job = root.effects.findLast((effect) => effect.type === 'hash-secret')!.job
  root.turn({ type: 'secret-hashed', job, salt: 'aa', verifier: 'bb' })
  root.pass(2_000)
  t.deepEqual(root.told(client), ['REGISTER_SUCCESS: register success for ann'])
  root.logIn(1)
  root.say(client, { command: 'ACTIVITY_MESSAGE', username: 'ann', secret: 's', activity: { text: 'hello' } })
  t.deepEqual(root.told(client).slice(1), [
    'AUTHENTICATION_FAIL: all servers are full, try again later; the message was not sent',
  ])
  t.true(root.isClosed(client))
})

test('a server that never found the one that had started it ends, and whoever leaves gives up what it has started', (t) => {
  const stray = new Root({ maxClients: 1, endWhenIdleMs: 1_000 }, address('gone'))
  stray.pass(60_000)
  t.true(stray.effects.some(({ type }) => type === 'stop'))

  const root = new Root({ maxClients: 1, maxServers: 4 })
  root.logIn(1)
  root.logIn(2)
  root.turn({ type: 'leave' })
  t.true(root.effects.some(({ type }) => type === 'abandon-start'))
})

test('the last server of a network does not end for being idle', (t) => {
  const root = new Root({ maxClients: 1, endWhenIdleMs: 1_000 })
  root.pass(60_000)
  t.false(root.effects.some(({ type }) => type === 'stop'))
  const said = root.effects.filter(
    (effect) => effect.type === 'report' && effect.event.event === 'kept-as-last',
  )
  t.is(said.length, 1, 'the log says why, once')
})
