/** A user whose line is cut, or ended by us: what was written last is owed again if it cannot have been read. */
import { asClientId, asSessionToken, type ClientId } from '@jwp/protocol'
import type { ServerEffect, ServerInput } from '@jwp/server/core'
import test from 'ava'
import { CoreAtHand } from './support/core-at-hand.js'

const clientSilenceMs = 30_000

/** A root, whose clock and hashes answer at once, and the clients that the test has. */
class Root {
  readonly #server = new CoreAtHand({ disk: undefined, timing: { clientSilenceMs } })
  readonly #heard = new Map<ClientId, string>()
  readonly closed = new Set<ClientId>()
  hasStopped = false
  #next = 1

  constructor() {
    this.turn({ type: 'start' })
  }

  turn(...inputs: ServerInput[]): void {
    let next = inputs
    while (next.length > 0) {
      const effects = this.#server.turn(...next)
      for (const effect of effects) this.#note(effect)
      next = effects.flatMap((effect) => this.#answer(effect))
    }
  }

  connect(): ClientId {
    const client = asClientId(this.#next++)
    const freshToken = asSessionToken(String(client).padStart(32, '0'))
    this.turn({ type: 'client-opened', client, freshToken, dialect: 'lines' })
    return client
  }

  say(client: ClientId, value: object): void {
    this.turn({ type: 'client-line', client, value })
  }

  /** Time passes, and it does what it has to do meanwhile. */
  pass(ms: number): void {
    const untilMs = this.#server.now + ms
    for (;;) {
      const dueMs = this.#server.core.nextDeadlineMs() ?? Infinity
      const nextMs = Math.min(untilMs, Math.max(dueMs, this.#server.now))
      this.#server.pass(nextMs - this.#server.now)
      this.turn({ type: 'tick' })
      if (this.#server.now >= untilMs) return
    }
  }

  heard(client: ClientId): string {
    return this.#heard.get(client) ?? ''
  }

  #note(effect: ServerEffect): void {
    if (effect.type === 'close-client') this.closed.add(effect.client)
    if (effect.type === 'stop') this.hasStopped = true
    if (effect.type !== 'deliver') return
    const text = effect.lines.map((line) => new TextDecoder().decode(line)).join('')
    for (const client of effect.clients) this.#heard.set(client, this.heard(client) + text)
  }

  #answer(effect: ServerEffect): ServerInput[] {
    if (effect.type === 'hash-secret')
      return [{ type: 'secret-hashed', job: effect.job, salt: '00', verifier: '11' }]
    if (effect.type === 'check-secret') return [{ type: 'secret-checked', job: effect.job, ok: true }]
    if (effect.type !== 'ask-clock') return []
    const { nonce, count, atLeast } = effect
    return [{ type: 'clock-granted', nonce, start: atLeast + 1, count }]
  }
}

test('who is given up for its silence is owed what was written in the last second, and that only', (t) => {
  const root = new Root()
  const bob = root.connect()
  root.say(bob, { command: 'LOGIN', username: 'anonymous' })
  root.say(root.connect(), { command: 'REGISTER', ...pair })
  const ann = root.connect()
  // It can be asked whether it is there, and confirms nothing.
  root.say(ann, { command: 'LOGIN', ...pair, features: ['presence'] })
  const publish = (text: string): void => root.say(bob, { command: 'ACTIVITY_MESSAGE', activity: { text } })
  const steps = clientSilenceMs / 500
  let said = 0
  while (!root.closed.has(ann) && said < 2 * steps) {
    publish(`number ${++said} of all`)
    t.true(root.closed.has(ann) || root.heard(ann).includes(`number ${said} of all`))
    root.pass(500)
  }
  t.true(root.closed.has(ann))
  const again = root.connect()
  root.say(again, { command: 'LOGIN', ...pair })
  const owed = [...root.heard(again).matchAll(/number (\d+) of all/g)].map(([, n]) => Number(n))
  t.true(owed.length >= 1 && owed.length <= 3, `owed: ${owed.join(' ')} of ${said}`)
  t.is(owed.at(-1), said)
})

const pair = { username: 'ann', secret: 'right' }

/** Ann, who confirms nothing, was written something just now. */
function annHasNews(): { readonly root: Root; readonly ann: ClientId } {
  const root = new Root()
  const bob = root.connect()
  root.say(bob, { command: 'LOGIN', username: 'anonymous' })
  root.say(root.connect(), { command: 'REGISTER', ...pair })
  const ann = root.connect()
  root.say(ann, { command: 'LOGIN', ...pair })
  root.say(bob, { command: 'ACTIVITY_MESSAGE', activity: { text: 'news' } })
  return { root, ann }
}

for (const isReset of [true, false])
  test(`whose connection we end is owed what was written last ${isReset ? 'if it was reset then' : 'unless it was read'}`, (t) => {
    const { root, ann } = annHasNews()
    t.true(root.heard(ann).includes('news'))
    root.turn({ type: 'client-garbled', client: ann, info: 'JSON parse error' })
    t.true(root.closed.has(ann))
    root.turn({ type: 'client-closed', client: ann, isReset })
    const again = root.connect()
    root.say(again, { command: 'LOGIN', ...pair })
    t.false(root.closed.has(again))
    t.is(root.heard(again).includes('news'), isReset)
  })

test('who logs out wants nothing again, however its connection ends', (t) => {
  const { root, ann } = annHasNews()
  root.say(ann, { command: 'LOGOUT' })
  root.turn({ type: 'client-closed', client: ann, isReset: true })
  const again = root.connect()
  root.say(again, { command: 'LOGIN', ...pair })
  t.false(root.heard(again).includes('news'))
})

test('a server that leaves does not go before the log knows what its users have read', (t) => {
  const { root, ann } = annHasNews()
  root.turn({ type: 'leave' })
  t.true(root.closed.has(ann))
  t.false(root.hasStopped)
  root.turn({ type: 'client-closed', client: ann, isReset: false })
  t.true(root.hasStopped)
})
