/** A server among others that are slower than its publishers: what it keeps for them is bounded. */
import test from 'ava'
import { asClientId, asLinkId, asSessionToken, countOf, type ServerMessage } from '@jwp/protocol'
import type { ServerEffect, ServerInput } from '@jwp/server/core'
import { authenticate } from './support/authenticate.js'
import { address, makeCore } from './support/make-core.js'

const ann = asClientId(1)
const link = asLinkId(2)
const mebibyte = 1_048_576
const retentionBytes = mebibyte
/** Twice the retention and 32 MiB: beyond it the log does not grow by more than what is under way. */
const logLimit = 2 * retentionBytes + 32 * mebibyte
const oneMore = mebibyte + 65_536

/** A root, one client that publishes, and a child that says what the test lets it say. */
class Root {
  readonly core = makeCore({ limits: { retentionBytes } })
  nowMs = 1_800_000_000_000
  isPaused = false
  /** What the child was sent last of all. */
  sentUpTo = 0

  constructor() {
    this.turn({ type: 'start' })
    const freshToken = asSessionToken('0'.repeat(32))
    this.turn({ type: 'client-opened', client: ann, freshToken, dialect: 'lines' })
    this.turn({ type: 'client-line', client: ann, value: { command: 'LOGIN', username: 'anonymous' } })
  }

  get logBytes(): number {
    return this.core.status().log.bytes
  }

  /** These inputs as one turn. The clock answers at once; so does the child, that it has what it was sent. */
  turn(...inputs: ServerInput[]): ServerEffect[] {
    const all: ServerEffect[] = []
    let next: ServerInput[] = inputs
    while (next.length > 0) {
      const effects = [...next, { type: 'turn-ended' } as const].flatMap((input) => [
        ...this.core.handle(input, this.nowMs),
      ])
      all.push(...effects)
      next = effects.flatMap((effect) => this.#answer(effect))
    }
    return all
  }

  hear(message: ServerMessage): ServerEffect[] {
    return this.turn({ type: 'link-message', link, message })
  }

  adopt(): void {
    this.turn({ type: 'link-accepted', link, remoteHost: '10.0.0.2' })
    this.hear(authenticate(address('child')))
  }

  /** Publishes a mebibyte at a time until the client is held, or so much has been published. */
  publish(mostMebibytes: number): number {
    for (let published = 0; published < mostMebibytes; published++) {
      if (this.isPaused) return published
      const activity = { text: 'x'.repeat(mebibyte - 256) }
      this.turn({ type: 'client-line', client: ann, value: { command: 'ACTIVITY_MESSAGE', activity } })
    }
    return mostMebibytes
  }

  /** Lets time pass, as a shell would: nothing happens but what the core has asked to be woken for. */
  sleep(ms: number): ServerEffect[] {
    const effects: ServerEffect[] = []
    const endMs = this.nowMs + ms
    for (
      let wake = this.core.nextDeadlineMs();
      wake !== undefined && wake <= endMs;
      wake = this.core.nextDeadlineMs()
    ) {
      this.nowMs = Math.max(this.nowMs, wake)
      effects.push(...this.turn({ type: 'tick' }))
    }
    this.nowMs = Math.max(this.nowMs, endMs)
    return effects
  }

  #answer(effect: ServerEffect): ServerInput[] {
    if (effect.type === 'pause-client') this.isPaused = true
    if (effect.type === 'resume-client') this.isPaused = false
    if (effect.type === 'ask-clock')
      return [{ type: 'clock-granted', nonce: effect.nonce, start: effect.atLeast + 1, count: effect.count }]
    if (effect.type !== 'send' || effect.message.type !== 'LOG' || effect.message.runs.length === 0) return []
    this.sentUpTo = effect.message.from + countOf(effect.message.runs) - 1
    return [{ type: 'link-message', link, message: { type: 'ACK', index: this.sentUpTo } }]
  }
}

const report = (applied: number): ServerMessage => ({ type: 'REPORT', applied, size: 1, members: [] })

test('somebody who has not got the log slows the publishers, until it has', (t) => {
  const root = new Root()
  root.adopt()
  const published = root.publish(100)
  t.true(root.isPaused)
  t.true(published > 30 && root.logBytes <= logLimit + oneMore, `${published} MiB, ${root.logBytes} bytes`)
  t.is(root.core.figures().slowedPublishers, 1)

  for (let beat = 0; beat < 5; beat++) {
    root.hear(report(root.core.inspect().lastIndex))
    root.sleep(250)
  }
  t.false(root.isPaused, 'everybody has it: the log is short again')
  t.true(root.logBytes <= retentionBytes)
})

test('who publishes faster than the log is shortened is slowed, and goes on by itself', (t) => {
  const root = new Root()
  root.publish(100)
  t.true(root.isPaused)
  t.true(root.logBytes <= logLimit + oneMore)
  root.sleep(1_000)
  t.false(root.isPaused)
  t.true(root.logBytes <= retentionBytes)
})

test('a full link gets nothing more of the log, and is cut off when nothing leaves it', (t) => {
  const root = new Root()
  root.adopt()
  root.turn({ type: 'link-blocked', link })
  root.publish(3)
  const before = root.sentUpTo
  let lost: ServerEffect | undefined
  // It is alive: it beats, and takes nothing in.
  for (let ms = 0; ms < 29_000; ms += 250) {
    root.sleep(250)
    root.hear({ type: 'HEARTBEAT', sentMs: ms, echoMs: undefined })
  }
  t.is(root.sentUpTo, before)
  t.is(root.core.figures().blockedLinks, 1)
  t.is(root.core.inspect().childIds.length, 1)
  for (let ms = 0; ms < 2_000 && lost === undefined; ms += 250) {
    lost = root.sleep(250).find((effect) => effect.type === 'report' && effect.event.event === 'child-lost')
    if (lost === undefined) root.hear({ type: 'HEARTBEAT', sentMs: ms, echoMs: undefined })
  }
  t.like(lost, { event: { event: 'child-lost', why: 'accepted no data for 30 s' } })
})
