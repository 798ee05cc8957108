/** What comes between `connect` and the first reader waits for it: in a bounded memory, and not for ever. */
import test, { type ExecutionContext } from 'ava'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect, type Broadcast, type Connection, type ConnectOptions } from '@jwp/client'
import { until } from '@jwp/transport'
import { BroadcastQueue } from '#dist/shell/broadcast-queue.js'
import { Unread } from '#dist/shell/unread.js'
import { answerWell, ScriptedServer } from './support/scripted-server.js'

async function begin(
  t: ExecutionContext,
  options: Partial<ConnectOptions> = {},
): Promise<{ server: ScriptedServer; connection: Connection }> {
  const server = await ScriptedServer.start()
  t.teardown(() => server.stop())
  const connection = await connect({ servers: [server.address], ...options })
  t.teardown(() => connection.close({ now: true }))
  return { server, connection }
}

const numbersUpTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)

test('the first example: publishes, waits for the receipt, and reads its own message', async (t) => {
  const { connection } = await begin(t)
  await connection.send({ text: 'hello' })
  // Whatever else a program does before it reads.
  for (let turn = 0; turn < 50; turn++) await nextTurn()
  for await (const { activity } of connection) {
    t.is(activity['text'], 'hello')
    break
  }
})

test('a listener that comes late is a first reader, too, and each message comes to it once and in order', async (t) => {
  const { server, connection } = await begin(t)
  for (const n of [1, 2, 3]) server.broadcast(server.connections[0]!, { n })
  await connection.send({ text: 'after the three' })
  const heard: string[] = []
  connection.on('broadcast', ({ publisher, n }) => heard.push(`${publisher} ${n}`))
  server.broadcast(server.connections[0]!, { n: 4 })
  await until(() => heard.length === 5, 'all of them')
  t.deepEqual(heard, ['other 1', 'other 2', 'other 3', 'me 1', 'other 4'])
})

test('a listener that hears one leaves the others to the next reader', async (t) => {
  const { server, connection } = await begin(t)
  for (const n of [1, 2, 3]) server.broadcast(server.connections[0]!, { n })
  await connection.send({ text: 'after the three' })
  const first = await new Promise<Broadcast>((resolve) => connection.once('broadcast', resolve))
  t.is(first.n, 1)
  for await (const { n } of connection) {
    t.is(n, 2)
    break
  }
})

test('with no room left the server waits for the first reader, which gets everything', async (t) => {
  const { server, connection } = await begin(t, { maxBuffered: 16 })
  const text = 'x'.repeat(10_000)
  // Far more than sockets buffer.
  const count = 5_000
  for (let n = 1; n <= count; n++) server.broadcast(server.connections[0]!, { n, text })
  await until(() => server.connections[0]!.blocked, 'the server to be blocked')
  const heard: number[] = []
  for await (const { n } of connection) if (heard.push(n) === count) break
  t.deepEqual(heard, numbersUpTo(count))
})

test('a program that publishes before it reads is answered, however much waits, and gets everything afterwards', async (t) => {
  const { server, connection } = await begin(t, { maxBuffered: 4 })
  for (let n = 1; n <= 100; n++) server.broadcast(server.connections[0]!, { n })
  for (let i = 0; i < 20; i++) await connection.send({ text: `before the loop ${i}` })
  const heard: number[] = []
  for await (const { n, own } of connection) {
    if (!own) heard.push(n)
    else if (n === 20) break
  }
  t.deepEqual(heard, numbersUpTo(100))
})

test('what was kept for a user who was away waits for the first reader', async (t) => {
  const server = await ScriptedServer.start((line, connection, server) => {
    answerWell(line, connection, server)
    if (line['command'] === 'LOGIN') for (const n of [1, 2, 3]) server.broadcast(connection, { n })
  })
  t.teardown(() => server.stop())
  const connection = await connect({ servers: [server.address], username: 'aaron', secret: 'x' })
  t.teardown(() => connection.close({ now: true }))
  await connection.send({ text: 'here I am' })
  const heard: number[] = []
  for await (const { n } of connection) if (heard.push(n) === 3) break
  t.deepEqual(heard, [1, 2, 3])
})

test('a first reader is told once exactly what was dropped before it came', (t) => {
  const unread = new Unread()
  t.true(unread.isAwaited)
  unread.giveUp()
  for (const index of [7, 9, 12]) unread.letGo({ index })
  t.deepEqual(unread.readerCame(), { from: 7, to: 12, missed: 3 })
  unread.letGo({ index: 13 })
  t.is(unread.readerCame(), undefined, 'what comes between two loops does not count as missed')
})

test('the wait for a first reader ends once, and not after one has come', async (t) => {
  const awaited = new Unread()
  const come = new Unread()
  come.begin(1, () => t.fail('it had come'))
  t.is(come.readerCame(), undefined)
  await new Promise<void>((resolve) => awaited.begin(1, resolve))
  t.true(awaited.isWaitOver)
  t.true(awaited.isAwaited, 'what there is room for goes on waiting')
  t.false(come.isWaitOver)
})

test('what is dropped gives its room back', (t) => {
  const pauses: boolean[] = []
  const queue = new BroadcastQueue<number>(
    { maxWaiting: 2, maxBytes: 100 },
    (paused) => pauses.push(paused),
    () => undefined,
    () => undefined,
  )
  queue.push(1, 10)
  t.false(queue.isFull)
  queue.push(2, 10)
  t.true(queue.isFull)
  t.deepEqual(queue.drop(), [1, 2])
  t.false(queue.isFull)
  queue.push(3, 100)
  t.true(queue.isFull, 'bytes count, too')
  t.is(queue.take(), 3)
  t.is(queue.take(), undefined)
  t.deepEqual(pauses, [true, false, true, false])
})
