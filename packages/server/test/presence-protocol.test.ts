/** Presence and what is owed, as clients that speak by hand see it: also those who ask for what they must not have. */
import test, { type ExecutionContext } from 'ava'
import type { RunningServer } from '@jwp/server'
import { eventually } from '@jwp/transport'
import { serve, serveBelow, Talker, type Line } from './support/server-under-test.js'

const ann = { username: 'ann', secret: "ann's" }
const features = ['ack', 'resume', 'presence']

async function register(t: ExecutionContext, server: RunningServer, username: string): Promise<void> {
  const talker = new Talker(t, server)
  t.like(await talker.ask({ command: 'REGISTER', username, secret: `${username}'s` }), {
    command: 'REGISTER_SUCCESS',
  })
}

async function logIn(t: ExecutionContext, server: RunningServer, more: object): Promise<[Talker, Line]> {
  const talker = new Talker(t, server)
  return [talker, await talker.ask({ command: 'LOGIN', ...more })]
}

/** The next line with this command; what comes before it is passed over. */
async function take(talker: Talker, command: string): Promise<Line> {
  for (;;) {
    const line = await talker.next()
    if (line['command'] === command) return line
  }
}

const textOf = (line: Line): unknown => (line['activity'] as Line)['text']

async function say(talker: Talker, id: number, text: string): Promise<void> {
  talker.say({ command: 'ACTIVITY_MESSAGE', id, activity: { text } })
  await take(talker, 'ACTIVITY_ACK')
}

test('a confirmation of what was never sent is refused, and costs nobody else anything', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [other] = await logIn(t, server, { username: 'anonymous', features })
  for (const index of [1_000_000, -1, 1.5, '7', null, undefined]) {
    const [liar] = await logIn(t, server, { ...ann, features })
    liar.say({ command: 'DELIVERED', index })
    t.is((await take(liar, 'INVALID_MESSAGE'))['info'], 'DELIVERED tells an index that was never sent')
    await eventually('the server closes', () => liar.closed || undefined)
  }
  await say(other, 1, 'hello')
  const [next, welcome] = await logIn(t, server, { ...ann, features })
  t.is(welcome['missed'], undefined)
  await say(other, 2, 'again')
  t.is(textOf(await take(next, 'ACTIVITY_BROADCAST')), 'again', 'nothing was sent while she was connected')
})

test('a confirmation of a term that the log does not have there is passed over', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [publisher] = await logIn(t, server, { username: 'anonymous', features })
  const [first] = await logIn(t, server, { ...ann, features })
  await say(publisher, 1, 'unhandled')
  const { index } = await take(first, 'ACTIVITY_BROADCAST')
  first.say({ command: 'DELIVERED', index, epoch: '99.nobody#1' })
  first.say({ command: 'LOGOUT' })
  await eventually('she is gone', () => server.status().online === 0 || undefined)
  const [next] = await logIn(t, server, { ...ann, features })
  t.is(textOf(await take(next, 'ACTIVITY_BROADCAST')), 'unhandled')
})

test('a position from the future, or from another network, decides only where delivery starts', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [publisher, { lineage }] = await logIn(t, server, { username: 'anonymous', features })
  await say(publisher, 1, 'one')
  const [first, { session, publisher: id }] = await logIn(t, server, { ...ann, features })
  first.socket.destroy()
  const [[epoch]] = lineage as [string, number][] as [[string, number]]

  const future = { session, publisher: id, lineage: [[epoch, 1_000_000_000]] }
  const [atEnd, answer] = await logIn(t, server, { ...ann, features, resume: future })
  t.is(answer['command'], 'LOGIN_SUCCESS')
  t.true((answer['at'] as number) < 1_000)
  await say(publisher, 2, 'two')
  t.is(textOf(await take(atEnd, 'ACTIVITY_BROADCAST')), 'two')

  const elsewhere = { session, publisher: id, lineage: [['3.elsewhere#1', 50]] }
  const [fromStart, other] = await logIn(t, server, { ...ann, features, resume: elsewhere })
  t.like(other, { command: 'LOGIN_SUCCESS', at: 0, expect: 1 })
  t.is(textOf(await take(fromStart, 'ACTIVITY_BROADCAST')), 'one')

  const stolen = { session: 'f'.repeat(32), publisher: id, lineage: [] }
  const [, refused] = await logIn(t, server, { ...ann, features, resume: stolen })
  t.like(refused, { command: 'LOGIN_FAILED', info: 'that session is not yours' })
})

test('two clients of one name are both served, and the user is online until the last has gone', async (t) => {
  const root = await serve(t)
  const child = await serveBelow(t, root)
  await register(t, root, 'ann')
  const [observer] = await logIn(t, root, { username: 'anonymous', features })
  const [one] = await logIn(t, root, ann)
  t.like(await take(observer, 'PRESENCE'), { username: 'ann', online: true })
  const [two] = await logIn(t, child, ann)
  const [three] = await logIn(t, child, ann)
  await say(observer, 1, 'to all of you')
  for (const talker of [one, two, three])
    t.is(textOf(await take(talker, 'ACTIVITY_BROADCAST')), 'to all of you')
  two.say({ command: 'LOGOUT' })
  one.say({ command: 'LOGOUT' })
  await say(observer, 2, 'to who is left')
  t.is(textOf(await take(three, 'ACTIVITY_BROADCAST')), 'to who is left')
  three.say({ command: 'LOGOUT' })
  const { index, epoch, timestamp } = await take(observer, 'PRESENCE')
  t.true(Number.isInteger(index) && Number.isInteger(timestamp) && typeof epoch === 'string')
  t.is(root.status().online, 0)
})

test('who did not ask for it hears nothing of presence, and nobody can say it', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [plain, welcome] = await logIn(t, server, { username: 'anonymous' })
  t.is(welcome['online'], undefined)
  const [, listed] = await logIn(t, server, { ...ann, features: ['presence'] })
  t.deepEqual(listed['online'], ['ann'])
  plain.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'x' } })
  t.is((await plain.next())['command'], 'ACTIVITY_BROADCAST', 'the first line that it gets')
  plain.say({ command: 'PRESENCE', username: 'bob', online: true })
  t.like(await plain.next(), { command: 'INVALID_MESSAGE', info: 'unknown command "PRESENCE"' })
})

test('a plain client that is reset is owed again what was written last', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [publisher] = await logIn(t, server, { username: 'anonymous', features })
  let id = 0
  // Only what was written within the last second is owed: on a busy machine it takes some tries to be that fast.
  for (let attempt = 1; attempt <= 50; attempt++) {
    const [plain] = await logIn(t, server, ann)
    plain.socket.pause()
    const beganMs = performance.now()
    const unread = `unread ${attempt}`
    await say(publisher, ++id, unread)
    plain.socket.resetAndDestroy()
    await eventually('she is gone', () => server.status().online === 0 || undefined)
    const tookMs = performance.now() - beganMs
    const [next] = await logIn(t, server, ann)
    await say(publisher, ++id, 'now')
    const texts: unknown[] = []
    while (texts.at(-1) !== 'now') texts.push(textOf(await take(next, 'ACTIVITY_BROADCAST')))
    next.say({ command: 'LOGOUT' })
    await eventually('she is gone', () => server.status().online === 0 || undefined)
    if (tookMs > 900) continue
    t.deepEqual(texts, [unread, 'now'])
    return
  }
  t.fail('the machine is too slow to be within a second')
})

for (const [how, end] of [
  ['LOGOUT', (plain: Talker) => plain.say({ command: 'LOGOUT' })],
  ['FIN', (plain: Talker) => plain.socket.end()],
] as const) {
  test(`what a plain client has got before its ${how} does not come again`, async (t) => {
    const server = await serve(t)
    await register(t, server, 'ann')
    const [publisher] = await logIn(t, server, { username: 'anonymous', features })
    const [plain] = await logIn(t, server, ann)
    await say(publisher, 1, 'one')
    t.is(textOf(await take(plain, 'ACTIVITY_BROADCAST')), 'one')
    end(plain)
    await eventually('she is gone', () => server.status().online === 0 || undefined)
    const [next] = await logIn(t, server, ann)
    await say(publisher, 2, 'two')
    t.is(textOf(await take(next, 'ACTIVITY_BROADCAST')), 'two')
  })
}

test('what was written longer ago counts as delivered, also where the client had been behind', async (t) => {
  const server = await serve(t)
  await register(t, server, 'ann')
  const [publisher] = await logIn(t, server, { username: 'anonymous', features })
  const [plain] = await logIn(t, server, ann)
  await say(publisher, 1, 'one')
  t.is(textOf(await take(plain, 'ACTIVITY_BROADCAST')), 'one')
  const { last } = server.status().log
  // Her server says in the log how far she is, when that is certain.
  await eventually('it is in the log', () => server.status().log.last > last || undefined)
  plain.socket.resetAndDestroy()
  await eventually('she is gone', () => server.status().online === 0 || undefined)
  const [next] = await logIn(t, server, ann)
  await say(publisher, 2, 'two')
  t.is(textOf(await take(next, 'ACTIVITY_BROADCAST')), 'two')
})
