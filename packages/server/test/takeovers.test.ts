/** One session, one holder: the older one is told, at whatever server it is; who only moves is told nothing. */
import type { RunningServer } from '@jwp/server'
import test, { type ExecutionContext } from 'ava'
import { serve, serveBelow, Talker, type Line } from './support/server-under-test.js'

const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'resume'] }
const takenOver: Line = { command: 'AUTHENTICATION_FAIL', info: 'this session was taken over' }

async function begin(t: ExecutionContext, server: RunningServer, holder?: string) {
  const client = new Talker(t, server)
  const { session, publisher, lineage } = await client.ask({ ...login, holder })
  return { client, resume: { session, publisher, lineage } }
}

async function goOn(
  t: ExecutionContext,
  server: RunningServer,
  resume: object,
  holder?: string,
): Promise<Talker> {
  const client = new Talker(t, server)
  const answer = await client.ask({ ...login, resume, holder })
  t.is(answer['command'], 'LOGIN_SUCCESS')
  return client
}

/** What it was told at the end, without what others said. */
async function lastWords(client: Talker): Promise<Line[]> {
  await client.untilClosed()
  return client.lines.filter(({ command }) => command !== 'ACTIVITY_BROADCAST' && command !== 'EPOCH')
}

test('the older holder of a session is told that it was taken over, at the same server and at any other', async (t) => {
  const root = await serve(t)
  const child = await serveBelow(t, root)
  const grandchild = await serveBelow(t, child)
  for (const [here, there] of [
    [root, root],
    [root, grandchild],
    [grandchild, root],
    [child, grandchild],
  ] as const) {
    const { client, resume } = await begin(t, here)
    const next = await goOn(t, there, resume)
    t.deepEqual(await lastWords(client), [takenOver])
    next.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: { text: 'here' } })
    for (;;) if ((await next.next())['command'] === 'ACTIVITY_ACK') break
    t.false(next.closed)
    // And back again.
    const last = await goOn(t, here, resume)
    t.deepEqual((await lastWords(next)).slice(-1), [takenOver])
    t.false(last.closed)
  }
})

test('a client that moves by itself hears nothing of it', async (t) => {
  const root = await serve(t)
  const child = await serveBelow(t, root)
  const { client, resume } = await begin(t, root, 'the same program')
  const next = await goOn(t, child, resume, 'the same program')
  t.deepEqual(await lastWords(client), [])
  const other = await goOn(t, root, resume, 'another program')
  t.deepEqual(await lastWords(next), [takenOver])
  t.false(other.closed)
})

test('two that resume a session at once at two servers: one of them is left', async (t) => {
  const root = await serve(t)
  const [b, c] = [await serveBelow(t, root), await serveBelow(t, root)]
  for (let round = 0; round < 10; round++) {
    const { resume } = await begin(t, root)
    const both = await Promise.all([b, c].map((server) => goOn(t, server, resume)))
    await Promise.race(both.map((client) => client.untilClosed()))
    // What could have ended the other one as well has come by the time that it gets an answer.
    const left = both.filter(({ closed }) => !closed)
    t.is(left.length, 1)
    left[0]!.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: { round } })
    for (;;) if ((await left[0]!.next())['command'] === 'ACTIVITY_ACK') break
    t.false(left[0]!.closed)
  }
})

test('a holder that is no short text is refused', async (t) => {
  const server = await serve(t)
  for (const holder of [7, {}, 'x'.repeat(65)])
    t.is((await new Talker(t, server).ask({ ...login, holder }))['command'], 'INVALID_MESSAGE')
})
