/** A storm of logins under names that nobody knows, at a server that waits for its network. */
import test from 'ava'
import { asClientId, asSessionToken } from '@jwp/protocol'
import { defaultTiming, type ServerEffect, type ServerInput } from '@jwp/server/core'
import { makeCore } from './support/make-core.js'

/** A lone root whose clock answers when the test says so. */
class Root {
  readonly core = makeCore({ timing: { clockTimeoutMs: 3_600_000 } })
  nowMs = 1_800_000_000_000
  #clients = 0
  #asked: Extract<ServerEffect, { type: 'ask-clock' }> | undefined
  readonly answers: string[] = []

  /** These inputs as one turn, and the turns that the core asks for at once. */
  turn(...inputs: ServerInput[]): void {
    this.#oneTurn(...inputs)
    for (let more = 0; more < 100 && (this.core.nextDeadlineMs() ?? Infinity) <= this.nowMs; more++)
      this.#oneTurn({ type: 'tick' })
  }

  #oneTurn(...inputs: ServerInput[]): void {
    for (const input of [...inputs, { type: 'turn-ended' } as const])
      for (const effect of this.core.handle(input, this.nowMs)) {
        if (effect.type === 'ask-clock') this.#asked = effect
        if (effect.type === 'send-to-client')
          this.answers.push(String((effect.command as { info?: string }).info))
      }
  }

  logIn(username: string): void {
    const client = asClientId(++this.#clients)
    const freshToken = asSessionToken('0'.repeat(32))
    this.turn(
      { type: 'client-opened', client, freshToken, dialect: 'lines' },
      { type: 'client-line', client, value: { command: 'LOGIN', username, secret: 'sss' } },
    )
  }

  grant(): void {
    const { nonce, atLeast, count } = this.#asked!
    this.turn({ type: 'clock-granted', nonce, start: atLeast + 1, count })
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.turn({ type: 'tick' })
  }
}

test('however many ask, two questions at most are in the way of the log, and each is answered after its own', (t) => {
  const root = new Root()
  root.turn({ type: 'start' })
  root.logIn('first')
  for (let i = 0; i < 3_000; i++) root.logIn(`user ${i}`)
  t.is(root.core.figures().queueEntries, 1)
  root.grant()
  t.deepEqual(root.answers, ['first is not registered'], 'the others asked later than this entry was sent')
  t.is(root.core.figures().queueEntries, 1)
  root.grant()
  t.is(root.answers.length, 3_001)
  t.is(root.core.figures().queueEntries, 0)
})

test('who has given up costs nothing, and a question without an answer bars nobody', (t) => {
  const root = new Root()
  root.turn({ type: 'start' })
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 500; i++) root.logIn(`user ${i}`)
    root.pass(defaultTiming.decideWithinMs + 1)
  }
  t.is(root.answers.length, 2_500)
  t.true(root.answers.every((info) => info.startsWith('not decided')))
  t.true(root.core.figures().queueEntries <= 5)
  root.logIn('last')
  for (let k = 0; k < 10 && root.answers.length === 2_500; k++) root.grant()
  t.is(root.answers.at(-1), 'last is not registered')
  t.is(root.answers.length, 2_501)
})
