/** What counts as handled by a program: what its loop has gone on from, and what its listeners have returned from. */
import test, { type ExecutionContext } from 'ava'
import { connect, type Broadcast, type Connection } from '@jwp/client'
import { until } from '@jwp/transport'
import { welcomeLine } from './support/core-bench.js'
import { ScriptedServer } from './support/scripted-server.js'

async function begin(t: ExecutionContext): Promise<{ server: ScriptedServer; connection: Connection }> {
  const server = await ScriptedServer.start()
  t.teardown(() => server.stop())
  const connection = await connect({
    servers: [server.address],
    username: 'aaron',
    secret: 'x',
    limits: { confirmEveryMs: 1 },
  })
  t.teardown(() => connection.close({ now: true }))
  return { server, connection }
}

const say = (server: ScriptedServer, ...numbers: number[]): void => {
  for (const n of numbers) server.broadcast(server.connections[0]!, { n })
}

const confirmed = (server: ScriptedServer): number =>
  Math.max(0, ...server.heardCommands('DELIVERED').map(({ index }) => index as number))

test('a loop has handled what it has gone on from', async (t) => {
  const { server, connection } = await begin(t)
  const iterator = connection[Symbol.asyncIterator]()
  say(server, 1, 2, 3)
  const first = (await iterator.next()).value as Broadcast
  await connection.send({ text: 'while it holds the first' })
  t.is(first.n, 1)
  t.is(confirmed(server), 0)
  await iterator.next()
  await until(() => confirmed(server) === 1, 'the first to be confirmed')
  await iterator.next()
  await until(() => confirmed(server) === 2, 'the second to be confirmed')
})

test('listeners have handled what they have returned from', async (t) => {
  const { server, connection } = await begin(t)
  const heard: number[] = []
  connection.on('broadcast', ({ n }) => heard.push(n))
  say(server, 1, 2)
  await until(() => confirmed(server) === 2, 'both to be confirmed')
  t.deepEqual(heard, [1, 2])
})

test('who ends in order has had what it holds, and not what it never asked for', async (t) => {
  const { server, connection } = await begin(t)
  const iterator = connection[Symbol.asyncIterator]()
  say(server, 1, 2, 3)
  await iterator.next()
  await iterator.next()
  await connection.close()
  await until(() => server.heardCommands('LOGOUT').length === 1, 'the logout')
  t.is(confirmed(server), 2)
})

test('a program that leaves the loop and ends has had what the loop had', async (t) => {
  const { server, connection } = await begin(t)
  say(server, 1, 2, 3)
  for await (const { n } of connection) if (n === 2) break
  await connection.close()
  await until(() => server.heardCommands('LOGOUT').length === 1, 'the logout')
  t.is(confirmed(server), 2)
})

test('what waits for a first reader is not handled, and is when the program ends without one', async (t) => {
  const { server, connection } = await begin(t)
  say(server, 1, 2)
  await connection.send({ text: 'after both' })
  t.is(confirmed(server), 0)
  await connection.close()
  await until(() => confirmed(server) === 3, 'all to be confirmed')
})

test('a program hears how much is lost when its login was told so', async (t) => {
  const server = await ScriptedServer.start((_, connection) => {
    connection.writeCommand(welcomeLine({ lineage: [['1.root#1', 9]], at: 9, missed: 3 }))
  })
  t.teardown(() => server.stop())
  const connection = await connect({ servers: [server.address], username: 'aaron', secret: 'x' })
  t.teardown(() => connection.close({ now: true }))
  const gap = await new Promise((resolve) => connection.once('gap', resolve))
  t.deepEqual(gap, { from: 1, to: 9, missed: 3 })
})
