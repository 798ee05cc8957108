/** What was said counts for more than what was remembered: whom a server asks at its start, and whom it does not. */
import test from 'ava'
import { asLinkId, asServerId, type Address, type LinkId, type ServerMessage } from '@jwp/protocol'
import { defaultTiming, type ServerEffect } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const named = address('named')
const old = [address('old-one'), address('old-two')]
const orphan: ServerMessage = {
  type: 'REFUSE',
  why: 'orphan',
  // Better placed than an empty server ever is: it is waited for.
  position: { epochNumber: 9, index: 9, rank: 0, id: asServerId('named#1') },
}
const rooted: ServerMessage = { type: 'REFUSE', why: 'rooted' }

const without = { disk: undefined }

/** Passes time in small steps, and lets the test answer what is dialled. */
function live(
  server: CoreAtHand,
  ms: number,
  onDial: (link: LinkId, to: Address) => void = () => undefined,
): ServerEffect[] {
  const all: ServerEffect[] = []
  const untilMs = server.now + ms
  let fresh = server.turn({ type: 'tick' })
  for (;;) {
    all.push(...fresh)
    const dials = fresh.flatMap((effect) => (effect.type === 'dial' ? [effect] : []))
    fresh = []
    for (const { link, address: to } of dials) {
      onDial(link, to)
      fresh.push(...server.effects)
      server.effects = []
    }
    if (fresh.length > 0) continue
    if (server.now >= untilMs) return all
    server.pass(20)
    fresh = server.turn({ type: 'tick' })
  }
}

const hostsDialled = (effects: readonly ServerEffect[]): string[] => [
  ...new Set(effects.flatMap((effect) => (effect.type === 'dial' ? [effect.address.host] : []))),
]

const eventsIn = (effects: readonly ServerEffect[]): string[] =>
  effects.flatMap((effect) => (effect.type === 'report' ? [effect.event.event] : []))

const refuses = (server: CoreAtHand) => (link: LinkId) =>
  server.turn({ type: 'link-failed', link, why: 'refused', info: 'connection refused' })

const answers = (server: CoreAtHand, link: LinkId, message: ServerMessage) =>
  server.turn({ type: 'link-opened', link }, { type: 'link-message', link, message })

test('without -rp and without a disk nobody of the run before is dialled, then or later', (t) => {
  const server = new CoreAtHand({ ...without, contacts: old })
  const first = server.turn({ type: 'start' })
  t.deepEqual(eventsIn(first).slice(0, 2), ['remembered-left-alone', 'became-root'])
  t.deepEqual(hostsDialled([...first, ...live(server, 60_000)]), [])
})

test('a root that is started again goes home when a network that met it asks', (t) => {
  const server = new CoreAtHand({ ...without, contacts: old })
  server.turn({ type: 'start' })
  const probe: ServerMessage = {
    type: 'PROBE',
    secret: 'me',
    id: asServerId('old-one#1'),
    address: old[0]!,
    length: 1_000,
    size: 5,
    sinceMs: 1,
  }
  const link = asLinkId(2)
  const effects = server.turn(
    { type: 'link-accepted', link, remoteHost: 'old-one' },
    { type: 'link-message', link, message: probe },
  )
  t.deepEqual(hostsDialled(effects), ['old-one'])
})

test('with -rp only the named server is asked as long as it answers', (t) => {
  const server = new CoreAtHand({ ...without, remote: named, contacts: old })
  const first = server.turn({ type: 'start' })
  for (const effect of first) if (effect.type === 'dial') answers(server, effect.link, orphan)
  const later = live(server, 60_000, (link) => answers(server, link, orphan))
  t.deepEqual(hostsDialled([...first, ...later]), ['named'])
})

test('when the named server is gone, the log says that others are asked, and they are', (t) => {
  const server = new CoreAtHand({ ...without, remote: named, contacts: old })
  const first = server.turn({ type: 'start' })
  for (const effect of first) if (effect.type === 'dial') refuses(server)(effect.link)
  const early = live(server, defaultTiming.rememberedAfterMs - 500, refuses(server))
  t.deepEqual(hostsDialled([...first, ...early]), ['named'])
  const late = live(server, 1_500, refuses(server))
  t.deepEqual(hostsDialled(late).sort(), ['named', 'old-one', 'old-two'])
  t.deepEqual(
    late.flatMap((effect) =>
      effect.type === 'report' && effect.event.event === 'asking-remembered' ? [effect.event] : [],
    ),
    [{ event: 'asking-remembered', count: 2, named: 'named:1' }],
  )
})

test('with a disk all are asked at once, and the named server is joined though another answers first', (t) => {
  const server = new CoreAtHand({ remote: named, contacts: old })
  const dials = server.turn({ type: 'start' }).flatMap((effect) => (effect.type === 'dial' ? [effect] : []))
  t.deepEqual(hostsDialled(dials).sort(), ['named', 'old-one', 'old-two'])
  const linkOf = (host: string): LinkId => dials.find((dial) => dial.address.host === host)!.link
  const joins = (effects: readonly ServerEffect[]): LinkId[] =>
    effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'AUTHENTICATE' && !effect.message.dry
        ? [effect.link]
        : [],
    )
  t.deepEqual(joins(answers(server, linkOf('old-one'), rooted)), [])
  t.deepEqual(joins(answers(server, linkOf('named'), rooted)), [linkOf('named')])
})

test('with a disk a named server that does not listen is not waited for', (t) => {
  const server = new CoreAtHand({ remote: named, contacts: old })
  const dials = server.turn({ type: 'start' }).flatMap((effect) => (effect.type === 'dial' ? [effect] : []))
  const linkOf = (host: string): LinkId => dials.find((dial) => dial.address.host === host)!.link
  answers(server, linkOf('old-one'), rooted)
  const effects = refuses(server)(linkOf('named'))
  t.true(
    effects.some(
      (effect) =>
        effect.type === 'send' &&
        effect.link === linkOf('old-one') &&
        effect.message.type === 'AUTHENTICATE' &&
        !effect.message.dry,
    ),
  )
})

test('with a disk a named server without a place is waited for, but not for ever: it may wait for us', (t) => {
  const server = new CoreAtHand({ remote: named, contacts: old })
  const joined: string[] = []
  const answer = (link: LinkId, to: Address): void => {
    answers(server, link, to.host === 'named' ? orphan : rooted)
    for (const effect of server.effects)
      if (effect.type === 'send' && effect.message.type === 'AUTHENTICATE' && !effect.message.dry)
        joined.push(to.host)
  }
  for (const effect of server.turn({ type: 'start' }))
    if (effect.type === 'dial') answer(effect.link, effect.address)
  live(server, defaultTiming.rememberedAfterMs - 500, answer)
  t.deepEqual(joined, [])
  live(server, 1_500, answer)
  t.true(joined.length > 0)
  t.false(joined.includes('named'))
})
