/** The client against servers of the real kind: they are killed while people talk. */
import test from 'ava'
import { connect, LoginFailed, register, RegisterFailed, type Broadcast, type Connection } from '@jwp/client'
import { startServer, type RunningServer } from '@jwp/server'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@jwp/transport'

const runtimeFolder = mkdtempSync(join(tmpdir(), 'jwp-client-test-'))
process.env['JWP_RUNTIME_DIR'] = runtimeFolder
test.after.always(() => {
  rmSync(runtimeFolder, { recursive: true, force: true })
})

const quiet = { silent: true }
/** No process listens there: the root continues with hybrid time. */
const noClock = { host: '127.0.0.1', port: 1 }

const start = (parent?: RunningServer): Promise<RunningServer> =>
  startServer({
    listenPort: 0,
    balance: false,
    bindHost: '127.0.0.1',
    advertisedHost: '127.0.0.1',
    secret: 'test',
    clock: noClock,
    log: quiet,
    ...(parent === undefined ? {} : { remote: { host: '127.0.0.1', port: parent.port, secret: 'test' } }),
  })

async function startTree(count: number): Promise<RunningServer[]> {
  const root = await start()
  const servers = [root]
  while (servers.length < count) servers.push(await start(root))
  await until(() => root.status().children.length === count - 1, `a tree of ${count}`)
  return servers
}

const addressOf = (server: RunningServer): string => `127.0.0.1:${server.port}`

function notes(connection: Connection): string[] {
  const heard: string[] = []
  connection.on('broadcast', ({ activity }) => heard.push(String(activity['text'])))
  return heard
}

test.serial('nothing is lost or doubled while servers are killed', async (t) => {
  const servers = await startTree(4)
  const [root, a, b, c] = servers as [RunningServer, RunningServer, RunningServer, RunningServer]
  t.teardown(() => {
    for (const server of servers) server.kill()
  })
  const publisher = await connect({ servers: [addressOf(a)] })
  const listener = await connect({ servers: [addressOf(b)] })
  const [own, heard] = [notes(publisher), notes(listener)]
  const receipts: Promise<unknown>[] = []
  const sent: string[] = []
  const publish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const text = `message ${sent.length + 1}`
      sent.push(text)
      receipts.push(publisher.send({ text }))
      if (i % 10 === 0) await sleep(1)
    }
  }
  await publish(100)
  a.kill()
  await publish(200)
  await until(() => publisher.server !== undefined, 'the publisher to find another server')
  t.not(publisher.server?.port, a.port)
  root.kill()
  await publish(200)
  await Promise.all(receipts)
  await until(() => own.length >= sent.length && heard.length >= sent.length, 'all broadcasts')
  t.deepEqual(own, sent)
  t.deepEqual(heard, sent)
  await Promise.all([publisher.close(), listener.close()])
  t.true(c.port > 0)
})

test.serial('a lone server that comes back at its port gets what was published meanwhile', async (t) => {
  const first = await start()
  const port = first.port
  const connection = await connect({ servers: [addressOf(first)] })
  const heard = notes(connection)
  await connection.send({ text: 'before' })
  first.kill()
  await until(() => connection.server === undefined, 'the loss')
  const receipt = connection.send({ text: 'meanwhile' })
  const second = await startServer({
    listenPort: port,
    bindHost: '127.0.0.1',
    advertisedHost: '127.0.0.1',
    secret: 'test',
    clock: noClock,
    log: quiet,
  })
  t.teardown(() => second.kill())
  await receipt
  await until(() => heard.includes('meanwhile'), 'the broadcast')
  t.deepEqual(heard, ['before', 'meanwhile'])
  await connection.close()
})

test.serial('a server that leaves in order hands its clients on', async (t) => {
  const servers = await startTree(3)
  t.teardown(() => {
    for (const server of servers) server.kill()
  })
  const leaving = servers[1]!
  const connection = await connect({ servers: [addressOf(leaving)] })
  const heard = notes(connection)
  await connection.send({ text: 'one' })
  await leaving.leave()
  t.like(await connection.send({ text: 'two' }), { id: 2 })
  await until(() => heard.length === 2, 'both')
  t.not(connection.server?.port, leaving.port)
  await connection.close()
})

test.serial('a name is registered once, and works at every server', async (t) => {
  const servers = await startTree(2)
  t.teardown(() => {
    for (const server of servers) server.kill()
  })
  const account = { username: 'aaron', secret: 'correct horse' }
  await register({ servers: [addressOf(servers[0]!)], ...account })
  const connection = await connect({ servers: [addressOf(servers[1]!)], ...account })
  const users: string[] = []
  connection.on('broadcast', ({ user }) => users.push(user))
  await connection.send({ text: 'hello' })
  await until(() => users.length === 1, 'the broadcast')
  t.deepEqual(users, ['aaron'])
  await connection.close()
  await t.throwsAsync(register({ servers: [addressOf(servers[1]!)], username: 'aaron', secret: 'other' }), {
    instanceOf: RegisterFailed,
    message: /already registered/,
  })
  await t.throwsAsync(connect({ servers: [addressOf(servers[1]!)], username: 'aaron', secret: 'other' }), {
    instanceOf: LoginFailed,
    message: /wrong secret/,
  })
})

test.serial('messages settle at every level', async (t) => {
  const servers = await startTree(3)
  t.teardown(() => {
    for (const server of servers) server.kill()
  })
  for (const ackLevel of ['held', 'logged', 'everywhere'] as const) {
    const connection = await connect({ servers: [addressOf(servers[2]!)], ackLevel })
    const receipts = await Promise.all(Array.from({ length: 50 }, (_, i) => connection.send({ i })))
    t.deepEqual(
      receipts.map(({ id }) => id),
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    await connection.close()
  }
})

test.serial('thousands of messages at once are all published, in order', async (t) => {
  const server = await start()
  t.teardown(() => server.kill())
  const connection = await connect({ servers: [addressOf(server)] })
  const heard = notes(connection)
  const sent = Array.from({ length: 5_000 }, (_, i) => `message ${i}`)
  await Promise.all(sent.map((text) => connection.send({ text })))
  await until(() => heard.length >= sent.length, 'all broadcasts')
  t.deepEqual(heard, sent)
  await connection.close()
})

test.serial('a reader that is slow gets everything, though it publishes within its loop', async (t) => {
  const server = await start()
  t.teardown(() => server.kill())
  const [reader, writer] = await Promise.all([
    connect({ servers: [addressOf(server)], maxBuffered: 16 }),
    connect({ servers: [addressOf(server)] }),
  ])
  const iterator = reader[Symbol.asyncIterator]()
  const sent = Array.from({ length: 300 }, (_, i) => `message ${i}`)
  await Promise.all(sent.map((text) => writer.send({ text })))
  const heard: string[] = []
  while (heard.length < sent.length) {
    const value = (await iterator.next()).value as Broadcast
    if (value.own) continue
    heard.push(String(value.activity['text']))
    if (heard.length % 3 === 0) await reader.send({ text: 'an answer' })
  }
  t.deepEqual(heard, sent)
  await Promise.all([reader.close(), writer.close()])
})
