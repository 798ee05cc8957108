/** A server that was refused learns nothing, and leaves nothing behind. */
import test from 'ava'
import { asLinkId, asServerId, type LinkId, type ServerMessage } from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { equalInConstantTime } from '#dist/core/equal-in-constant-time.js'
import { authenticate } from './support/authenticate.js'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

/** The server at hand is called `me`, and so is its secret. */
const secret = 'wrong'
const stranger = { ...address('stranger'), secret: 'theirs' }

/** Everything that a stranger may ask, and things that it may not even say. Each tells much about the stranger. */
const questions: Readonly<Record<string, ServerMessage>> = {
  AUTHENTICATE: authenticate(stranger, { secret, length: 1_000, size: 50, root: true }),
  PROBE: {
    type: 'PROBE',
    secret,
    id: asServerId('stranger#1'),
    size: 50,
    sinceMs: 0,
    length: 1_000,
    address: stranger,
  },
  STATUS: { type: 'STATUS', secret },
  'a report': { type: 'REPORT', applied: 5, size: 9, members: [stranger], strangers: [stranger] },
  'a place in the tree': {
    type: 'PATH',
    path: [{ id: asServerId('stranger#1'), address: stranger }],
    succession: [],
    clock: { host: 'stranger', port: 1 },
    epochNumber: 99,
  } as unknown as ServerMessage,
  'the mark of everybody': { type: 'EVERYWHERE', index: 1_000 },
}

const started = (): CoreAtHand => {
  const server = new CoreAtHand({ contacts: [address('known')] })
  server.turn({ type: 'start' })
  server.logIn()
  return server
}

function ask(server: CoreAtHand, link: LinkId, ...messages: ServerMessage[]): ServerEffect[] {
  return server.turn(
    { type: 'link-accepted', link, remoteHost: '192.0.2.7' },
    ...messages.map((message) => ({ type: 'link-message', link, message }) as const),
  )
}

for (const [what, question] of Object.entries(questions)) {
  test(`${what} with a wrong secret: a refusal, and nothing else`, (t) => {
    const server = started()
    const link = asLinkId(2)
    // What comes in the same frame is not read, even if it is right.
    const effects = ask(server, link, question, { type: 'STATUS', secret: 'me' })
    const info = 'secret' in question ? 'wrong secret' : 'expected AUTHENTICATE, PROBE, OFFER or STATUS first'
    t.deepEqual(effects, [
      { type: 'send', link, message: { type: 'AUTHENTICATION_FAIL', info } },
      { type: 'close', link },
    ])
  })
}

test('a server that refused a hundred goes on exactly as one that nobody asked', (t) => {
  const [asked, alone] = [started(), started()]
  for (let i = 0; i < 100; i++) {
    const [question] = Object.values(questions).slice(i % Object.keys(questions).length)
    ask(asked, asLinkId(2 + 2 * i), question!)
    // The same time passes: an input each for the link, its message and the end of the turn.
    alone.pass(2)
    alone.turn()
  }
  t.deepEqual(asked.core.status(), alone.core.status())
  for (let i = 0; i < 50; i++) {
    asked.pass(500)
    alone.pass(500)
    t.deepEqual(asked.turn({ type: 'tick' }), alone.turn({ type: 'tick' }))
  }
  t.deepEqual(
    asked.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: {} }),
    alone.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: {} }),
  )
  t.false(JSON.stringify([asked.core.status(), asked.changes]).includes('stranger'))
})

test('a link that shows no secret is closed after five seconds; one that has may stay', (t) => {
  const server = started()
  const [mute, tool] = [asLinkId(2), asLinkId(4)]
  ask(server, mute)
  ask(server, tool, { type: 'STATUS', secret: 'me' })
  // In small steps: who wakes up late gives everybody more time.
  const closedWithin = (ms: number): LinkId[] => {
    const gone: LinkId[] = []
    for (let passed = 0; passed < ms; passed += 20) {
      server.pass(20)
      gone.push(...closed(server.turn({ type: 'tick' })))
    }
    return gone
  }
  t.deepEqual(closedWithin(4_000), [])
  t.deepEqual(closedWithin(1_500), [mute])
  t.deepEqual(closedWithin(20_000), [])
})

test('of links without a secret no more than 1,024 are kept: the oldest goes', (t) => {
  const server = started()
  ask(server, asLinkId(2), { type: 'STATUS', secret: 'me' })
  for (let i = 2; i < 2 + 1_024; i++) t.deepEqual(closed(ask(server, asLinkId(2 * i))), [])
  t.deepEqual(closed(ask(server, asLinkId(9_998))), [asLinkId(4)])
  server.turn({ type: 'link-closed', link: asLinkId(6), info: 'gone' })
  t.deepEqual(closed(ask(server, asLinkId(9_996))), [])
})

test('secrets are equal if all their characters are', (t) => {
  t.true(equalInConstantTime('aaa', 'aaa'))
  for (const [given, expected] of [
    ['aab', 'aaa'],
    ['baa', 'aaa'],
    ['aa', 'aaa'],
    ['aaaa', 'aaa'],
    ['', 'aaa'],
    ['aaa', ''],
    ['aaa\u0000', 'aaa'],
    ['\u0161', 'a'],
  ] as const)
    t.false(equalInConstantTime(given, expected), `${given} ${expected}`)
})

/** Of those that came in: their numbers are even. */
const closed = (effects: readonly ServerEffect[]): LinkId[] =>
  effects.flatMap((effect) => (effect.type === 'close' && effect.link % 2 === 0 ? [effect.link] : []))
