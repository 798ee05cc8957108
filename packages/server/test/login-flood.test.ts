/** "Does anybody know this user?": one hop of the flood, with everybody around it played by the test. */
import test from 'ava'
import { asClientId, asLinkId, type LinkId, type RegisterBody, type ServerMessage } from '@jwp/protocol'
import { defaultTiming } from '@jwp/server/core'
import { Hop, verifierOf } from './support/hop-in-a-tree.js'

const salt = 'c0ffee'
const ann: RegisterBody = { username: 'ann', salt, verifier: verifierOf('right', salt) }
const nobody = { type: 'LOGIN_DENIED', salts: [], busy: false } as const

/** A server with a parent and two children. */
function hop(): { hop: Hop; parent: LinkId; left: LinkId; right: LinkId } {
  const server = new Hop()
  const [left, right] = [server.addChild(), server.addChild()]
  server.forgetSent()
  return { hop: server, parent: server.parent, left, right }
}

/** The nonce under which we asked there. */
function nonceAt(server: Hop, link: LinkId): number {
  const [request] = server.floodTo(link)
  if (request?.type !== 'LOGIN_REQUEST') throw new Error(`not asked: ${JSON.stringify(request)}`)
  return request.nonce
}

const infos = (server: Hop): string[] =>
  server.answers.map((answer) => String((answer as { info?: string }).info ?? answer.command))

test('a question goes everywhere but where it came from, and is denied when all branches have denied', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 77, username: 'ann' })
  t.deepEqual(server.floodTo(left), [])
  const [up, down] = [nonceAt(server, parent), nonceAt(server, right)]
  server.hears(parent, { ...nobody, nonce: up })
  t.deepEqual(server.floodTo(left), [], 'one branch still owes an answer')
  server.hears(right, { ...nobody, nonce: down })
  t.deepEqual(server.floodTo(left), [{ ...nobody, nonce: 77 }])
})

test('who knows the name tells its salt; who knows the pair allows it; another secret is denied', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.learns(ann)
  server.forgetSent()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 1, username: 'ann' })
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 2, ...ann })
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 3, ...ann, verifier: verifierOf('wrong', salt) })
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 4, ...ann, salt: 'beef' })
  t.deepEqual(server.floodTo(left), [
    { ...nobody, nonce: 1, salts: [salt] },
    { type: 'LOGIN_ALLOWED', nonce: 2, ...ann },
    { ...nobody, nonce: 3, salts: [salt] },
    { ...nobody, nonce: 4, salts: [salt] },
  ])
  t.deepEqual([...server.floodTo(parent), ...server.floodTo(right)], [], 'nobody else is bothered')
})

test('an account that no server has made is told to nobody: the answer would be no message', (t) => {
  const { hop: server, left, parent } = hop()
  server.learns({ username: 'ann', salt: 'not hex', verifier: 'neither' })
  server.forgetSent()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 1, username: 'ann' })
  t.deepEqual(server.floodTo(left), [])
  t.is(server.floodTo(parent)[0]?.type, 'LOGIN_REQUEST')
})

test('LOGIN_ALLOWED goes back at once, and is stored on the way', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 5, ...ann })
  const nonce = nonceAt(server, parent)
  server.floodTo(right)
  server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann })
  t.deepEqual(
    server.floodTo(left),
    [{ type: 'LOGIN_ALLOWED', nonce: 5, ...ann }],
    'the other branch is not waited for',
  )
  server.hears(right, { type: 'LOGIN_REQUEST', nonce: 6, ...ann })
  t.deepEqual(server.floodTo(right), [{ type: 'LOGIN_ALLOWED', nonce: 6, ...ann }])
  t.deepEqual(server.floodTo(parent), [], 'this server knows it by now')
})

test('what is only heard keeps nobody out, and the log has the last word', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 5, ...ann })
  server.hears(parent, { type: 'LOGIN_ALLOWED', nonce: nonceAt(server, parent), ...ann })
  server.forgetSent()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 6, ...ann, verifier: 'dead' })
  t.deepEqual(server.floodTo(left), [], 'others are asked')
  t.is(server.floodTo(parent).length + server.floodTo(right).length, 2)
  server.logIn('ann', 'right')
  t.is(server.answers.at(-1)?.command, 'LOGIN_SUCCESS')

  server.learns({ username: 'ann', salt: 'beef', verifier: verifierOf('theirs', 'beef') })
  t.deepEqual(server.answers.at(-1), {
    command: 'REGISTER_FAILED',
    info: 'ann is already registered with the system',
  })
  server.forgetSent()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 7, ...ann })
  t.deepEqual(server.floodTo(left), [{ ...nobody, nonce: 7, salts: ['beef'] }])
})

test('a branch that dies is counted out, and one that comes is not asked', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 8, username: 'ann' })
  const nonce = nonceAt(server, parent)
  server.hears(parent, { ...nobody, nonce })
  const late = server.addChild()
  t.deepEqual(server.floodTo(late), [])
  t.deepEqual(server.floodTo(left), [])
  server.loses(right)
  t.deepEqual(server.floodTo(left), [{ ...nobody, nonce: 8 }])
})

test('who asked and is gone is not answered, and its question is forgotten', (t) => {
  const { hop: server, parent, left } = hop()
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 9, username: 'ann' })
  const nonce = nonceAt(server, parent)
  server.loses(left)
  t.notThrows(() => server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann }))
  server.logIn('ann', 'right')
  t.is(server.floodTo(parent)[0]?.type, 'LOGIN_REQUEST', 'nothing was stored: we do not know ann')
})

const forged: readonly (readonly [string, (server: ReturnType<typeof hop>, nonce: number) => void])[] = [
  [
    'a nonce that was never used',
    ({ hop: server, parent }, nonce) =>
      server.hears(parent, { type: 'LOGIN_ALLOWED', nonce: nonce + 1, ...ann }),
  ],
  [
    'another user',
    ({ hop: server, parent }, nonce) =>
      server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann, username: 'ben' }),
  ],
  [
    'another verifier',
    ({ hop: server, parent }, nonce) =>
      server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann, verifier: 'dead' }),
  ],
  [
    'another salt',
    ({ hop: server, parent }, nonce) =>
      server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann, salt: 'dead' }),
  ],
  [
    'the branch that asked',
    ({ hop: server, left }, nonce) => server.hears(left, { type: 'LOGIN_ALLOWED', nonce, ...ann }),
  ],
  [
    'a branch that has denied',
    ({ hop: server, right }, nonce) => {
      server.hears(right, { ...nobody, nonce })
      server.hears(right, { type: 'LOGIN_ALLOWED', nonce, ...ann })
    },
  ],
]

for (const [story, forge] of forged)
  test(`no LOGIN_ALLOWED is believed that comes with ${story}`, (t) => {
    const tree = hop()
    const { hop: server, parent, left, right } = tree
    server.hears(left, { type: 'LOGIN_REQUEST', nonce: 10, ...ann })
    const nonce = nonceAt(server, parent)
    server.floodTo(right)
    forge(tree, nonce)
    t.deepEqual(server.floodTo(left), [])
    server.hears(parent, { type: 'LOGIN_ALLOWED', nonce, ...ann })
    t.is(server.floodTo(left)[0]?.type, 'LOGIN_ALLOWED', 'the true one still counts')
  })

test('a LOGIN_ALLOWED of the first round lets no client in: no secret was asked about', (t) => {
  const { hop: server, parent } = hop()
  server.logIn('ann', 'right')
  server.hears(parent, { type: 'LOGIN_ALLOWED', nonce: nonceAt(server, parent), ...ann })
  t.deepEqual(server.answers, [])
})

test('an old LOGIN_ALLOWED, played again, lets no client in', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.logIn('ann', 'wrong')
  const first = nonceAt(server, parent)
  server.hears(parent, { ...nobody, nonce: first, salts: [salt] })
  const [second] = server.floodTo(parent)
  t.like(second, { type: 'LOGIN_REQUEST', username: 'ann', salt, verifier: verifierOf('wrong', salt) })
  for (const nonce of [first, (second as { nonce: number }).nonce])
    for (const link of [parent, left, right]) server.hears(link, { type: 'LOGIN_ALLOWED', nonce, ...ann })
  t.deepEqual(server.answers, [])
  const { nonce } = second as { nonce: number }
  for (const link of [parent, left, right]) server.hears(link, { ...nobody, nonce, salts: [salt] })
  t.deepEqual(infos(server), ['wrong secret for ann'])
})

test('who is no neighbour in the tree may not ask', (t) => {
  const server = new Hop()
  const unauthenticated = asLinkId(100)
  server.turn({ type: 'link-accepted', link: unauthenticated, remoteHost: 'x' })
  server.learns(ann)
  server.hears(unauthenticated, { type: 'LOGIN_REQUEST', nonce: 1, username: 'ann' })
  t.is(server.sentTo(unauthenticated, 'AUTHENTICATION_FAIL').length, 1)
  t.true(server.hasClosed(unauthenticated))
  t.deepEqual(server.floodTo(unauthenticated), [])

  const lost = server.addChild()
  server.loses(lost)
  server.hears(lost, { type: 'LOGIN_REQUEST', nonce: 1, username: 'ann' })
  t.deepEqual(server.floodTo(lost), [])
})

test('questions without end from one branch are turned away, and those of others are not', (t) => {
  const { hop: server, left, right, parent } = hop()
  for (let nonce = 0; nonce < 2_000; nonce++)
    server.hears(left, { type: 'LOGIN_REQUEST', nonce, username: `u${nonce}` })
  const denied = server.floodTo(left)
  t.is(denied.length, 2_000 - 256)
  t.true(denied.every((message) => message.type === 'LOGIN_DENIED' && message.busy))
  server.floodTo(parent)
  server.hears(right, { type: 'LOGIN_REQUEST', nonce: 1, username: 'ann' })
  t.is(server.floodTo(parent).length, 1)
  server.pass(defaultTiming.decideWithinMs)
  server.floodTo(left)
  server.hears(left, { type: 'LOGIN_REQUEST', nonce: 9_999, username: 'ben' })
  t.deepEqual(server.floodTo(left), [], 'what nobody has answered in time makes room')
})

/** Answers all rounds that are open there. */
function answer(
  server: Hop,
  link: LinkId,
  how: (request: Extract<ServerMessage, { type: 'LOGIN_REQUEST' }>) => ServerMessage,
): void {
  for (const request of server.floodTo(link))
    if (request.type === 'LOGIN_REQUEST') server.hears(link, how(request))
}

test('a client is let in by the first branch that knows the pair, whatever the log is doing', (t) => {
  const { hop: server, right } = hop()
  server.logIn('ann', 'right')
  answer(server, right, ({ nonce }) => ({ ...nobody, nonce, salts: [salt] }))
  t.deepEqual(server.answers, [])
  answer(server, right, ({ nonce, username, salt: asked = '', verifier = '' }) => {
    t.deepEqual({ username, salt: asked, verifier }, ann, 'no secret travels')
    return { type: 'LOGIN_ALLOWED', nonce, ...ann }
  })
  t.like(server.answers.at(-1), { command: 'LOGIN_SUCCESS', info: 'logged in as user ann' })
})

test('an orphan lets in whom its child knows, and denies nobody before the log has spoken', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.loses(parent)
  server.forgetSent()
  server.logIn('ann', 'right')
  server.logIn('ben', 'right')
  for (const link of [left, right])
    answer(server, link, ({ nonce, username }) => ({
      ...nobody,
      nonce,
      salts: username === 'ann' ? [salt] : [],
    }))
  answer(server, left, ({ nonce }) => ({ type: 'LOGIN_ALLOWED', nonce, ...ann }))
  t.deepEqual(infos(server), ['logged in as user ann'])
  server.pass(defaultTiming.decideWithinMs)
  t.regex(infos(server).at(-1)!, /^not decided/)
})

test('"not registered" takes the word of the log and of every branch', (t) => {
  for (const order of ['log first', 'branches first'] as const) {
    const { hop: server, parent, left, right } = hop()
    server.logIn('ann', 'right')
    const requests = new Map([parent, left, right].map((link) => [link, server.floodTo(link)]))
    t.true([...requests.values()].every((list) => list.length === 1))
    const deny = (): void => {
      for (const [link, [request]] of requests) {
        t.deepEqual(server.answers, [])
        if (request?.type === 'LOGIN_REQUEST') server.hears(link, { ...nobody, nonce: request.nonce })
      }
    }
    if (order === 'branches first') deny()
    t.deepEqual(server.answers, [])
    server.logsWhatWentUp()
    if (order === 'log first') deny()
    t.deepEqual(infos(server), ['ann is not registered'], order)
  }
})

test('a branch that was too busy has not denied', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.logIn('ann', 'right')
  for (const link of [parent, left]) answer(server, link, ({ nonce }) => ({ ...nobody, nonce }))
  answer(server, right, ({ nonce }) => ({ ...nobody, nonce, busy: true }))
  server.logsWhatWentUp()
  t.deepEqual(infos(server), ['not decided: too many logins at once, try again'])
})

test('a name that two trees have registered: the secret is tried with every salt that is offered', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.logIn('ann', 'right')
  server.floodTo(parent)
  server.floodTo(right)
  answer(server, left, ({ nonce }) => ({ ...nobody, nonce, salts: ['beef'] }))
  t.deepEqual(server.answers, [])
  answer(server, left, ({ nonce }) => ({ ...nobody, nonce, salts: ['beef'] }))
  answer(server, parent, ({ nonce }) => ({ ...nobody, nonce, salts: [salt] }))
  answer(server, right, ({ nonce }) => ({ ...nobody, nonce }))
  t.deepEqual(server.answers, [], 'a third round')
  answer(server, parent, ({ nonce }) => ({ type: 'LOGIN_ALLOWED', nonce, ...ann }))
  t.deepEqual(infos(server), ['logged in as user ann'])
})

test('whose registration was cut between the rounds is not told that the secret is wrong', (t) => {
  const { hop: server, parent, left, right } = hop()
  server.logIn('ann', 'right')
  server.floodTo(parent)
  server.floodTo(right)
  answer(server, left, ({ nonce }) => ({ ...nobody, nonce, salts: [salt] }))
  for (const link of [left, parent, right]) answer(server, link, ({ nonce }) => ({ ...nobody, nonce }))
  t.deepEqual(server.answers, [])
  server.logsWhatWentUp()
  t.deepEqual(infos(server), ['not decided: the network is just healing, try again'])
})

test('a hash that comes when the client has gone, or the log has spoken, changes nothing', (t) => {
  const { hop: server, parent, left } = hop()
  server.hashes = 'wait'
  server.logIn('ann', 'right')
  answer(server, left, ({ nonce }) => ({ ...nobody, nonce, salts: [salt] }))
  server.turn({ type: 'client-closed', client: asClientId(1) })
  server.floodTo(parent)
  server.turn({ type: 'secret-hashed', job: 1, salt, verifier: ann.verifier })
  t.deepEqual(server.floodTo(parent), [], 'nobody is asked for who has gone')
})
