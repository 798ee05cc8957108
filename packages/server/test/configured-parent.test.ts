/** A server that was told whom to join founds nothing while somebody is there. */
import test from 'ava'
import { asServerId, type LinkId } from '@jwp/protocol'
import type { ServerEffect, ServerEvent, ServerInput } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const minuteMs = 60_000

class Newcomer extends CoreAtHand {
  readonly events: ServerEvent[] = []
  readonly #dialled: LinkId[] = []

  constructor() {
    super({ remote: address('p'), disk: undefined })
    this.note(this.turn({ type: 'start' }))
  }

  /** Time passes; whatever link it dials meets with this. */
  passes(ms: number, meet: (link: LinkId) => void): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.pass(50)
      this.note(this.turn({ type: 'tick' }))
      for (let link = this.#dialled.shift(); link !== undefined; link = this.#dialled.shift()) meet(link)
    }
  }

  note(effects: ServerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'report') this.events.push(effect.event)
      if (effect.type === 'dial') this.#dialled.push(effect.link)
    }
  }

  /** It hears this, and does what it wants. */
  hear(...inputs: ServerInput[]): void {
    this.note(this.turn(...inputs))
  }

  get role(): string {
    return this.core.inspect().role
  }
}

test('that address takes connections and says nothing: nothing is founded for a minute, and then it is said', (t) => {
  const server = new Newcomer()
  const take = (link: LinkId): void => {
    server.hear({ type: 'link-connected', link })
  }
  server.passes(minuteMs - 5_000, take)
  t.is(server.role, 'orphan')
  server.passes(minuteMs, take)
  t.is(server.role, 'root')
  const said = server.events.filter(({ event }) => event === 'parent-says-nothing')
  t.is(said.length, 1)
})

test('it answers, and has nobody above it: the better placed one founds', (t) => {
  const server = new Newcomer()
  server.passes(20_000, (link) => {
    server.hear({ type: 'link-opened', link, roundTripMs: 1 })
    const position = { epochNumber: 0, index: 0, rank: 1_000_000, id: asServerId('zzz#1') }
    server.hear({ type: 'link-message', link, message: { type: 'REFUSE', why: 'orphan', position } })
  })
  t.is(server.role, 'root')
})

test('it is busy: it is waited for', (t) => {
  const server = new Newcomer()
  server.passes(2 * minuteMs, (link) => {
    server.hear({ type: 'link-opened', link, roundTripMs: 1 })
    server.hear({ type: 'link-message', link, message: { type: 'REFUSE', why: 'busy' } })
  })
  t.is(server.role, 'orphan')
})

test('nobody listens there: a network is founded after a while, as ever', (t) => {
  const server = new Newcomer()
  server.passes(20_000, (link) => {
    server.hear({ type: 'link-failed', link, why: 'refused', info: 'nobody listens' })
  })
  t.is(server.role, 'root')
})

test('a link that opens after four seconds only is waited for, sooner or later', (t) => {
  const server = new Newcomer()
  const dialledMs = new Map<LinkId, number>()
  let isOpen = false
  for (let k = 0; k < 600 && !isOpen; k++) {
    server.pass(50)
    const effects = server.turn({ type: 'tick' })
    for (const effect of effects) {
      if (effect.type === 'dial') dialledMs.set(effect.link, server.now)
      if (effect.type === 'close') dialledMs.delete(effect.link)
    }
    for (const [link, ms] of dialledMs) {
      if (server.now - ms < 4_000) continue
      const asked = server.turn({ type: 'link-opened', link, roundTripMs: 1_000 })
      isOpen = asked.some((effect) => effect.type === 'send' && effect.message.type === 'AUTHENTICATE')
    }
  }
  t.true(isOpen)
})
