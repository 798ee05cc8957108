/** Addresses over links between machines, and servers that come back under another address. */
import test from 'ava'
import {
  asLinkId,
  asServerId,
  asServerName,
  type Address,
  type LinkId,
  type ServerMessage,
} from '@jwp/protocol'
import { asSeenFrom } from '#dist/core/tree/seen-addresses.js'
import { authenticate } from './support/authenticate.js'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const accepted = asLinkId(2)
const at = (name: string, host: string, port: number, secret = name): Address => ({
  name: asServerName(name),
  host,
  port,
  secret,
})

function accept(server: CoreAtHand, link: LinkId, remoteHost: string, message: ServerMessage): void {
  server.turn({ type: 'link-accepted', link, remoteHost }, { type: 'link-message', link, message })
}

const dialled = (server: CoreAtHand): { link: LinkId; address: Address }[] =>
  server.effects.flatMap((effect) => (effect.type === 'dial' ? [effect] : []))

const sentOn = (server: CoreAtHand, link: LinkId): ServerMessage[] =>
  server.effects.flatMap((effect) => (effect.type === 'send' && effect.link === link ? [effect.message] : []))

const remembered = (server: CoreAtHand): readonly Address[] | undefined =>
  server.effects.findLast((effect) => effect.type === 'remember-contacts')?.contacts

function root(contacts: readonly Address[] = []): CoreAtHand {
  const server = new CoreAtHand({ contacts })
  server.turn({ type: 'start' })
  return server
}

test('localhost means the machine of who says it', (t) => {
  const near = at('b', 'localhost', 5)
  const far = { ...near, host: '10.0.0.2' }
  const ancestor = (place: Address): { id: ReturnType<typeof asServerId>; address: Address } => ({
    id: asServerId('b#1'),
    address: place,
  })
  const path = (place: Address): ServerMessage => ({
    type: 'PATH',
    path: [ancestor(place), ancestor(at('c', '10.0.0.9', 5))],
    succession: [ancestor(place)],
    epochNumber: 1,
    clock: { host: place.host, port: 3779, standbys: [{ host: place.host, port: 3780 }] },
  })
  t.deepEqual(asSeenFrom('10.0.0.2', path(near)), path(far))
  t.deepEqual(asSeenFrom('127.0.0.1', path(near)), path(near), 'the same machine')
  t.deepEqual(asSeenFrom(undefined, path(near)), path(near))
  const report = (...members: Address[]): ServerMessage => ({ type: 'REPORT', applied: 1, size: 2, members })
  t.deepEqual(asSeenFrom('10.0.0.2', report(near, far)), report(far, far))
  const redirect = (place: Address): ServerMessage => ({ type: 'REFUSE', why: 'full', redirect: place })
  t.deepEqual(asSeenFrom('10.0.0.2', redirect(near)), redirect(far))
})

test('a root on another machine that calls itself localhost is dialled there, not here', (t) => {
  const server = root()
  const probe = (length: number): ServerMessage => ({
    type: 'PROBE',
    secret: 'me',
    id: asServerId('b#1'),
    address: at('b', 'localhost', 5),
    length,
    size: 9,
    sinceMs: 1,
  })
  accept(server, accepted, '10.0.0.2', probe(1_000))
  t.deepEqual(
    dialled(server).map((dial) => dial.address),
    [at('b', '10.0.0.2', 5)],
  )
})

test('so is one that asks to merge though its tree is the senior one', (t) => {
  const server = root()
  accept(
    server,
    accepted,
    '10.0.0.2',
    authenticate(at('b', 'localhost', 5), { root: true, length: 1_000, size: 9 }),
  )
  t.deepEqual(
    dialled(server).map((dial) => dial.address),
    [at('b', '10.0.0.2', 5)],
  )
})

test('a child is told under which address it is known', (t) => {
  const server = root()
  accept(server, accepted, '10.0.0.2', authenticate(at('b', 'localhost', 5)))
  const success = sentOn(server, accepted).find(({ type }) => type === 'AUTHENTICATION_SUCCESS')
  t.like(success, { you: at('b', '10.0.0.2', 5) })
  t.deepEqual(remembered(server), [at('b', '10.0.0.2', 5)])
})

test('a server that comes back elsewhere, or with another secret, is remembered by that', (t) => {
  const server = root([at('b', 'b', 5, 'old')])
  accept(server, accepted, 'b', authenticate(at('b', 'b', 6, 'new'), { dry: true }))
  t.deepEqual(remembered(server), [at('b', 'b', 6, 'new')])
})

test('somebody else who uses a name that lives here changes nothing', (t) => {
  const server = root()
  accept(server, accepted, 'b', authenticate(at('b', 'b', 5)))
  accept(server, asLinkId(4), 'x', authenticate(at('b', 'x', 9)))
  t.deepEqual(
    sentOn(server, asLinkId(4)).map((message) => message.type === 'REFUSE' && message.why),
    ['taken'],
  )
  t.is(remembered(server), undefined)
})

test('a secret that a probe found wrong is renewed by who knows better', (t) => {
  const server = root([at('b', 'b', 5, 'old')])
  server.pass(10_000)
  server.turn({ type: 'tick' })
  const [probe] = dialled(server)
  t.is(probe!.address.secret, 'old')
  const info = 'wrong secret'
  server.turn(
    { type: 'link-opened', link: probe!.link },
    { type: 'link-message', link: probe!.link, message: { type: 'AUTHENTICATION_FAIL', info } },
  )
  // Somebody who joins has met it under its new secret.
  accept(server, accepted, 'c', authenticate(address('c')))
  const members = [address('c')]
  const strangers = [at('b', 'b', 5, 'new')]
  const report: ServerMessage = { type: 'REPORT', applied: 0, size: 1, members, strangers }
  server.turn({ type: 'link-message', link: accepted, message: report })
  t.is(remembered(server)?.find(({ name }) => name === asServerName('b'))?.secret, 'new')
})

test('a name whose owner has just died is asked for again before it counts as taken', (t) => {
  const remote = address('a')
  const server = new CoreAtHand({ remote })
  server.turn({ type: 'start' })
  const [first] = dialled(server)
  const taken: ServerMessage = { type: 'REFUSE', why: 'taken' }
  const stops = (): number => server.effects.filter(({ type }) => type === 'stop').length
  const answer = (link: LinkId): void => {
    server.turn({ type: 'link-opened', link }, { type: 'link-message', link, message: taken })
  }
  answer(first!.link)
  t.is(stops(), 0)
  server.pass(100)
  server.turn({ type: 'tick' })
  const [second] = dialled(server)
  t.deepEqual(second!.address, remote, 'it asks again')
  server.pass(2_000)
  answer(second!.link)
  t.is(stops(), 1)
  t.like(
    server.effects.find(({ type }) => type === 'stop'),
    { exitCode: 4 },
  )
})
