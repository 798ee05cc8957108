/** A login alone: what has to be so before a client is in, what it is told then, and why it may not come in. */
import { createHash } from 'node:crypto'
import test from 'ava'
import type { Lineage, PublisherId, RegisterBody, ServerCommand } from '@jwp/protocol'
import { asPublisherId, asSessionToken, publisherOf, sessionIdOf } from '@jwp/protocol'
import type { Credentials } from '#dist/core/accounts/authentication.js'
import { Login } from '#dist/core/accounts/login.js'
import { NumberedSessions } from '#dist/core/accounts/numbered-sessions.js'
import { Welcome } from '#dist/core/accounts/welcome.js'
import type { ClientState } from '#dist/core/clients/client-state.js'
import { InvalidCommand } from '#dist/core/clients/command-shapes.js'
import { Decisions } from '#dist/core/clients/decisions.js'
import { queueLimitEntries } from '#dist/core/clients/publishing.js'
import type { PlaceRequest } from '#dist/core/placement/capacity.js'
import type { Backlog } from '#dist/core/presence/backlog.js'
import { address, clientState, effectsOf, Ground, term, type GroundOptions } from './support/pieces.js'

/** A session's id must not tell whose it is, and differs from user to user: so these tests hash for real. */
const hashing = { sha256Hex: (text: string): string => createHash('sha256').update(text).digest('hex') }

class Bench extends Ground {
  /** What the neighbours of this piece were told, in order. */
  readonly told: string[] = []
  readonly commit = { applied: 0 }
  readonly fullQueue = { size: 0 }
  isBlocked = false
  guardSays: string | undefined
  owner: RegisterBody | undefined
  heard: RegisterBody | undefined
  /** Questions that wait for their answer. */
  credentials: Credentials | undefined
  place: PlaceRequest | undefined
  whenLogged: ((backlog: Backlog) => void) | undefined
  caughtUp: (() => void) | undefined
  waitsFor: Lineage | undefined
  hasPlace = true
  /** The client here that has the session that is asked for. */
  holder: ClientState | undefined
  /** What a client has confirmed of the log, as this server's disk has it. */
  readonly cursors = new Map<PublisherId, number>()
  /** What is in the log of these publishers; of all others it has 4 entries. */
  readonly numbers = new Map<PublisherId, number>()
  readonly decisions = new Decisions({
    time: this.time,
    readFlow: { pause: () => undefined, resume: () => undefined },
    onLine: () => undefined,
  })
  readonly numbered = new NumberedSessions({
    platform: hashing,
    sessions: {
      appliedNumber: (publisher) => this.numbers.get(publisher) ?? 4,
      bind: () => this.told.push('bind the session'),
      holderOf: () => this.holder,
    },
    takeovers: { end: ({ id }) => this.told.push(`end ${id}`), resumed: () => 9 },
    acknowledgements: { begin: (_, expect) => this.told.push(`expect ${expect}`) },
  })
  readonly welcome = new Welcome({
    ...{ self: this.self, log: this.log, commit: this.commit, numbered: this.numbered, outbox: this.outbox },
    decisions: this.decisions,
    persistence: { cursorOf: (publisher) => this.cursors.get(publisher) },
    presence: { at: 0, online: function* () {} },
    tracker: { begins: (_, at) => this.told.push(`begins at ${at}`) },
    fanOut: {
      position: () => undefined,
      join: (_, { after, format }) => this.told.push(`deliver ${format} after ${after}`),
    },
    serverList: { current: () => [] },
    balance: { arrived: (_, { goesOn }) => this.told.push(goesOn ? 'goes on' : 'is new') },
  })
  readonly login = new Login({
    ...{ time: this.time, options: this.options, decisions: this.decisions, queue: this.fullQueue },
    ...{ numbered: this.numbered, welcome: this.welcome, outbox: this.outbox },
    fanOut: { isBlocked: () => this.isBlocked },
    loginGuard: {
      whyNot: () => this.guardSays,
      failed: (_, username, isThere) =>
        this.told.push(`failed at ${isThere ? 'a known' : 'an unknown'} name, ${username}`),
    },
    authentication: {
      whyNot: () => undefined,
      check: (credentials) => (this.credentials = credentials),
    },
    capacity: {
      ask: (request) => {
        this.place = request
        if (this.hasPlace) request.admit()
      },
    },
    sessions: { close: ({ id }) => this.told.push(`close ${id}`) },
    tracker: {
      arrive: (_, username, { again, whenLogged } = {}) => {
        this.told.push(`${username} comes${again === true ? ' again' : ''}`)
        this.whenLogged = whenLogged
      },
      leave: () => undefined,
    },
    catchingUp: {
      wait: (_client, lineage, _decide, go) => {
        this.waitsFor = lineage
        this.caughtUp = go
      },
    },
    registration: { enterAgain: ({ username }) => this.told.push(`enter ${username} again`) },
    directory: { find: () => this.owner && { ...this.owner, index: 1 } },
    provisional: { find: () => this.heard },
  })

  /** A client asks to log in. */
  begin(fields: Readonly<Record<string, unknown>>, client: ClientState = clientState(1)): ClientState {
    this.login.begin(client, { command: 'LOGIN', ...fields })
    return client
  }

  answers(): ServerCommand[] {
    return effectsOf(this.take(), 'send-to-client').map(({ command }) => command)
  }
}

const account = (verifier: string): RegisterBody => ({ username: 'ann', salt: '00', verifier })
const ann = { username: 'ann', secret: 'pw' }

test('anonymous is in at once, and no secret is looked at', (t) => {
  const bench = new Bench()
  bench.commit.applied = 7
  const client = bench.begin({ username: 'anonymous', secret: 'whatever' })
  bench.caughtUp!()
  t.is(bench.credentials, undefined)
  t.like(bench.answers()[0], { command: 'LOGIN_SUCCESS', info: 'logged in as user anonymous' })
  t.is(client.member?.secret, undefined)
  t.deepEqual(bench.told, ['deliver plain after 7', 'begins at 7', 'is new'])
})

test('a named user is in when its secret is right, a place is there and its login is in the log, not before', (t) => {
  const bench = new Bench()
  bench.hasPlace = false
  const client = bench.begin(ann)
  t.is(bench.place, undefined, 'nobody looks for a place before the secret is known to be right')
  bench.owner = account('v')
  bench.credentials!.right('v')
  t.deepEqual(bench.told, [], 'a place is looked for')
  bench.place!.admit()
  t.deepEqual(bench.told.splice(0), ['ann comes'])
  t.deepEqual([bench.answers(), client.member], [[], undefined], 'everybody must know of ann first')
  bench.whenLogged!({ after: 3, skippedRanges: [] })
  t.like(bench.answers()[0], { command: 'LOGIN_SUCCESS', info: 'logged in as user ann' })
  t.deepEqual(client.member, { username: 'ann', secret: 'pw', verifier: 'v' })
  t.deepEqual(bench.told, ['deliver plain after 3', 'begins at 3', 'is new'])
  t.is(bench.decisions.of(client), undefined, 'its further lines wait no longer')
})

test('a wrong secret is told, counted against who tried, and the connection closes', (t) => {
  const bench = new Bench()
  const client = bench.begin(ann)
  bench.credentials!.wrong('wrong secret', true)
  t.deepEqual(bench.answers(), [{ command: 'LOGIN_FAILED', info: 'wrong secret' }])
  t.deepEqual(bench.told, ['failed at a known name, ann', 'close 1'])
  t.is(client.member, undefined)
})

test('what nobody can decide is said so, and counted against nobody', (t) => {
  const bench = new Bench()
  bench.begin(ann)
  bench.credentials!.undecided('the network is just healing')
  t.deepEqual(bench.answers(), [
    { command: 'LOGIN_FAILED', info: 'not decided: the network is just healing, try again' },
  ])
  t.deepEqual(bench.told, ['close 1'])
})

test('a login that the network does not decide in time fails with words, and a late answer counts for nothing', (t) => {
  const bench = new Bench({ timing: { decideWithinMs: 10_000 } })
  const client = bench.begin(ann)
  t.true(bench.credentials!.isAlive())
  bench.time.nowMs = 10_000
  bench.decisions.tick()
  const [answer] = bench.answers()
  t.deepEqual(answer, {
    command: 'LOGIN_FAILED',
    info: 'not decided: the network did not answer within 10000 ms, try again',
  })
  // The connection that closes takes its decision with it.
  bench.decisions.clientLeft(client)
  t.false(bench.credentials!.isAlive())
})

test('a name without a secret, and one that is guarded, cost no check of a secret', (t) => {
  const bench = new Bench()
  bench.begin({ username: 'ann' })
  bench.guardSays = 'too many failed logins'
  bench.begin(ann)
  t.is(bench.credentials, undefined)
  t.deepEqual(bench.answers(), [
    { command: 'LOGIN_FAILED', info: 'ann needs a secret to log in' },
    { command: 'LOGIN_FAILED', info: 'not decided: too many failed logins' },
  ])
})

test('a line that is wrong costs no check of a secret', (t) => {
  const bench = new Bench()
  for (const wrong of [{ resume: 7 }, { ackLevel: 'soon' }, { features: 'resume' }])
    t.throws(() => bench.begin({ ...ann, ...wrong }), { instanceOf: InvalidCommand })
  bench.isBlocked = true
  t.throws(() => bench.begin(ann), { message: 'read the answers before asking again' })
  t.is(bench.credentials, undefined)
})

test('without a place anywhere nobody is logged in', (t) => {
  const bench = new Bench()
  bench.hasPlace = false
  const client = bench.begin(ann)
  bench.credentials!.right('v')
  bench.place!.refuse('all servers are full')
  t.deepEqual(bench.answers(), [{ command: 'LOGIN_FAILED', info: 'not decided: all servers are full' }])
  t.is(client.member, undefined)
})

test('who is sent on is told that it is in, as the public protocol has it; who asked for features is not', (t) => {
  for (const [fields, told] of [
    [{}, ['LOGIN_SUCCESS']],
    [{ features: ['resume'] }, []],
  ] as const) {
    const bench = new Bench()
    bench.hasPlace = false
    bench.begin({ username: 'anonymous', ...fields })
    bench.place!.sendOn()
    t.deepEqual(
      bench.answers().map(({ command }) => command),
      told,
    )
  }
})

test('a network that is too slow takes nobody in', (t) => {
  const bench = new Bench()
  bench.fullQueue.size = queueLimitEntries
  bench.begin(ann)
  bench.credentials!.right('v')
  t.deepEqual(bench.answers(), [
    { command: 'LOGIN_FAILED', info: 'not decided: the network is too slow now, try again' },
  ])
})

test('a name that the log gave to somebody else meanwhile is refused when the login has its place', (t) => {
  const bench = new Bench()
  bench.begin(ann)
  bench.credentials!.right('v')
  bench.owner = account('of another')
  bench.whenLogged!({ after: 3, skippedRanges: [] })
  t.deepEqual(bench.answers(), [
    { command: 'LOGIN_FAILED', info: 'not decided: ann is another account now, try again' },
  ])
})

test('an account that others vouched for and that the log does not know is entered again', (t) => {
  const bench = new Bench()
  bench.heard = account('v')
  bench.begin(ann)
  bench.credentials!.right('v')
  bench.told.splice(0)
  bench.whenLogged!({ after: 0, skippedRanges: [] })
  t.is(bench.told[0], 'enter ann again')
})

test('a client that asks for a session gets one, with the number that is expected of it', (t) => {
  const bench = new Bench()
  const client = bench.begin({ ...ann, features: ['ack', 'resume'], ackLevel: 'logged' })
  bench.owner = account('v')
  bench.credentials!.right('v')
  bench.whenLogged!({ after: 0, skippedRanges: [] })
  t.like(bench.answers()[0], {
    ...{ command: 'LOGIN_SUCCESS', session: client.freshToken, expect: 5, features: ['ack', 'resume'] },
  })
  t.is(client.session?.ackLevel, 'logged')
  t.true(bench.told.includes('bind the session') && bench.told.includes('expect 5'))
})

test('what the retention has dropped of what a user is owed is counted, and said at the login', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a', 'a'])
  bench.log.dropTo(4)
  bench.begin(ann)
  bench.owner = account('v')
  bench.credentials!.right('v')
  bench.whenLogged!({ after: 1, skippedRanges: [] })
  t.like(bench.answers()[0], {
    info: 'logged in as user ann, missed 3 activities that are kept no longer',
    missed: 3,
  })
  t.true(bench.told.includes('deliver plain after 4'))
})

const token = asSessionToken('ab'.repeat(16))
/** What a client shows of a session that is the user's own. */
const resume = (username: string, lineage?: Lineage) => ({
  session: token,
  publisher: publisherOf(sessionIdOf(token, username, hashing), undefined),
  ...(lineage === undefined ? {} : { lineage }),
})

/** A network whose log is `a a a`, applied up to the second. */
function withLog(options: GroundOptions = {}): Bench {
  const bench = new Bench(options)
  bench.write(['a', 'a', 'a'])
  bench.commit.applied = 2
  bench.owner = account('v')
  return bench
}

test('a client that shows what it has seen goes on after it, once this server knows as much', (t) => {
  const bench = withLog()
  const seen = resume('ann', [[term(1), 1]])
  bench.numbers.set(seen.publisher, 6)
  const client = bench.begin({ ...ann, features: ['ack', 'resume'], resume: seen })
  bench.credentials!.right('v')
  t.deepEqual(bench.waitsFor, [[term(1), 1]])
  t.deepEqual(bench.answers(), [], 'perhaps this server knows less of the log than the client')
  bench.caughtUp!()
  t.like(bench.answers()[0], {
    ...{ command: 'LOGIN_SUCCESS', session: token, publisher: seen.publisher, expect: 7, at: 1 },
    lineage: [[term(1), 1]],
  })
  t.is(client.session?.stamp, 9, 'when it was resumed decides between two that hold it')
  // It says itself what it has handled: nothing begins anew for what it is owed.
  t.deepEqual(bench.told, [
    'ann comes again',
    'bind the session',
    'expect 7',
    'deliver positioned after 1',
    'goes on',
  ])
})

test('a client whose history parts from ours goes on where the two parted', (t) => {
  const bench = withLog()
  bench.write(['a'], 2)
  bench.commit.applied = 4
  const seen: Lineage = [
    [term(1), 2],
    [term(2, 'other'), 9],
  ]
  bench.begin({ username: 'anonymous', features: ['resume'], resume: resume('anonymous', seen) })
  bench.caughtUp!()
  t.like(bench.answers()[0], { at: 2, lineage: [[term(1), 2]] })
  t.true(bench.told.includes('deliver positioned after 2'))
})

test('a client that kept its session but not what it has seen goes on after what it confirmed here', (t) => {
  const bench = withLog()
  const seen = resume('ann')
  bench.cursors.set(seen.publisher, 2)
  bench.begin({ ...ann, features: ['ack', 'resume'], resume: seen })
  bench.credentials!.right('v')
  t.is(bench.caughtUp, undefined, 'it is announced like one that comes for the first time')
  bench.told.splice(0)
  bench.whenLogged!({ after: 1, skippedRanges: [] })
  t.like(bench.answers()[0], { session: token, at: 2 })
  t.deepEqual(bench.told, [
    'bind the session',
    'expect 5',
    'deliver positioned after 2',
    'begins at 2',
    'goes on',
  ])
})

test('what a client has confirmed counts no further than this server has applied the log', (t) => {
  const bench = withLog()
  const seen = resume('anonymous')
  bench.cursors.set(seen.publisher, 3)
  bench.begin({ username: 'anonymous', features: ['resume'], resume: seen })
  bench.caughtUp!()
  t.like(bench.answers()[0], { at: 2 })
})

test('a session that was given to another user is refused', (t) => {
  for (const publisher of [resume('bob').publisher, asPublisherId('somebody')]) {
    const bench = withLog()
    const client = bench.begin({ ...ann, features: ['resume'], resume: { ...resume('ann'), publisher } })
    bench.credentials!.right('v')
    t.deepEqual(bench.answers(), [{ command: 'LOGIN_FAILED', info: 'that session is not yours' }])
    t.deepEqual(bench.told, ['close 1'], 'nobody is told that ann comes')
    t.deepEqual([client.member, client.session], [undefined, undefined])
  }
})

test('a session that another connection has here is taken from it, before its client is announced', (t) => {
  const bench = withLog()
  bench.holder = clientState(7)
  bench.hasPlace = false
  bench.begin({ ...ann, features: ['ack'], resume: resume('ann') })
  bench.credentials!.right('v')
  t.is(bench.place!.replaces, bench.holder, 'it needs no place beside the one that it ends')
  bench.told.splice(0)
  bench.place!.admit()
  t.deepEqual(bench.told, ['end 7', 'ann comes'])
})

test('another connection that takes the session while its log is waited for is ended, too', (t) => {
  const bench = withLog()
  bench.begin({ username: 'anonymous', features: ['resume'], resume: resume('anonymous', [[term(1), 1]]) })
  t.deepEqual(bench.told, [])
  bench.holder = clientState(7)
  bench.caughtUp!()
  t.deepEqual(bench.told.slice(0, 2), ['end 7', 'bind the session'])
})

test('a session that is held at another server is taken up with its numbers, beside what the other holder sends', (t) => {
  const bench = withLog()
  const seen = resume('ann', [[term(1), 2]])
  const client = bench.begin({ ...ann, features: ['ack', 'resume'], resume: seen, holder: 'laptop' })
  bench.credentials!.right('v')
  bench.caughtUp!()
  const [answer] = bench.answers()
  const { session } = client
  t.is(session?.token, token)
  // A holder that says its name has numbers of its own: none of the other's can be taken for one of its messages.
  t.not(session?.publisher, seen.publisher)
  t.is(session?.publisher, publisherOf(session!.id, session!.mark))
  t.like(answer, { session: token, publisher: session?.publisher, expect: 5 })
  t.is(session?.stamp, 9)
})

test('a client with a session cannot become another user', (t) => {
  const bench = withLog()
  const client = bench.begin({ username: 'anonymous', features: ['ack'] })
  bench.caughtUp!()
  t.throws(() => bench.begin(ann, client), {
    instanceOf: InvalidCommand,
    message: 'a numbered session belongs to one user: log out first',
  })
  t.is(client.member?.username, 'anonymous')
})

test('a client that logs in again as the same user goes on where it is, unannounced', (t) => {
  const bench = withLog()
  const client = bench.begin({ username: 'anonymous', features: ['ack'] })
  bench.caughtUp!()
  bench.told.splice(0)
  bench.take()
  bench.begin({ username: 'anonymous' }, client)
  t.like(bench.answers()[0], { command: 'LOGIN_SUCCESS', features: ['ack'], expect: 5 })
  t.deepEqual(bench.told, [])
})

test('a client from another machine makes a server with a loopback name warn, once', (t) => {
  const fromElsewhere = (id: number): ClientState => ({ ...clientState(id), reachedAt: 'jwp.lan' })
  const warnings = (host: string, ...clients: ClientState[]): string[] => {
    const bench = new Bench({ self: { ...address('me'), host } })
    for (const client of clients) {
      bench.begin({ username: 'anonymous' }, client)
      bench.caughtUp!()
    }
    return effectsOf(bench.take(), 'report').map(({ event }) => event.event)
  }
  t.deepEqual(warnings('localhost', clientState(1), fromElsewhere(2), fromElsewhere(3)), ['warning'])
  t.deepEqual(warnings('localhost', clientState(1)), [], 'a client of this machine finds every server')
  t.deepEqual(warnings('jwp.lan', fromElsewhere(1)), [], 'others can use this name')
})
