/** The connection that programs hold, against servers that do odd things on purpose. */
import test, { type ExecutionContext } from 'ava'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  connect,
  LoginFailed,
  MaybePublished,
  NotConnected,
  NotPublished,
  type Broadcast,
  type Connection,
  type ConnectOptions,
} from '@jwp/client'
import { maxLineBytes } from '@jwp/protocol'
import { until } from '@jwp/transport'
import { answerWell, ScriptedServer } from './support/scripted-server.js'

async function serve(t: ExecutionContext, ...args: Parameters<typeof ScriptedServer.start>) {
  const server = await ScriptedServer.start(...args)
  t.teardown(() => server.stop())
  return server
}

async function join(
  t: ExecutionContext,
  servers: readonly ScriptedServer[],
  options: Partial<ConnectOptions> = {},
): Promise<Connection> {
  const connection = await connect({ servers: servers.map(({ address }) => address), ...options })
  t.teardown(() => connection.close({ now: true }))
  return connection
}

test('publishes, gets a receipt and its own broadcast', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  const broadcasts: Broadcast[] = []
  connection.on('broadcast', (broadcast) => broadcasts.push(broadcast))
  t.like(await connection.send({ text: 'hello' }), { id: 1, level: 'logged' })
  await until(() => broadcasts.length === 1, 'own broadcast')
  t.like(broadcasts[0], { user: 'aaron', activity: { text: 'hello' }, index: 1, n: 1, own: true })
  t.true(broadcasts[0]!.time instanceof Date)
  t.deepEqual(connection.server, { hostname: '127.0.0.1', port: server.address.port })
})

test('goes on at another server where it stopped', async (t) => {
  const [first, second] = [await serve(t), await serve(t)]
  const connection = await join(t, [first, second])
  const numbers: number[] = []
  connection.on('broadcast', ({ n, own }) => {
    if (!own) numbers.push(n)
  })
  for (const n of [1, 2, 3]) first.broadcast(first.connections[0]!, { n })
  second.log.push(...first.log, { publisher: 'other', n: 4, text: 'meanwhile' })
  await until(() => numbers.length === 3, 'the first three')
  const events: string[] = []
  connection.on('disconnected', () => events.push('disconnected'))
  connection.on('connected', (_, { resumed }) => events.push(resumed ? 'resumed' : 'connected'))
  const sent = new Promise((resolve) => (first.onLine = resolve))
  const receipt = connection.send({ text: 'on its way' })
  await sent
  first.dropConnections()
  await until(() => numbers.length === 4, 'what came meanwhile')
  await until(() => second.log.length === 5, 'the message that was on its way')
  t.deepEqual(numbers, [1, 2, 3, 4])
  t.deepEqual(events, ['disconnected', 'resumed'])
  t.is(second.log.at(-1)!.text, 'on its way')
  t.is((await receipt).id, 1)
})

test('iterates over broadcasts in order, and ends when it is closed', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  for (const n of [1, 2, 3]) server.broadcast(server.connections[0]!, { n })
  const numbers: number[] = []
  for await (const { n } of connection) {
    numbers.push(n)
    if (n === 3) void connection.close()
  }
  t.deepEqual(numbers, [1, 2, 3])
})

test('a reader that is slow pauses the socket, and gets everything', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server], { maxBuffered: 16 })
  const iterator = connection[Symbol.asyncIterator]()
  const text = 'x'.repeat(10_000)
  // Far more than sockets buffer: a client that went on reading would take it all.
  const count = 5_000
  for (let n = 1; n <= count; n++) server.broadcast(server.connections[0]!, { n, text })
  await until(() => server.connections[0]!.blocked, 'the server to be blocked')
  for (let n = 1; n <= count; n++) t.is(((await iterator.next()).value as Broadcast).n, n)
})

test('a program that publishes and waits inside a slow loop is answered', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server], { maxBuffered: 8 })
  const count = 200
  for (let n = 1; n <= count; n++) server.broadcast(server.connections[0]!, { n })
  const numbers: number[] = []
  for await (const { n, own } of connection) {
    if (!own) {
      numbers.push(n)
      await connection.send({ text: `answer to ${n}` })
    }
    if (numbers.length === count) break
  }
  t.deepEqual(
    numbers,
    Array.from({ length: count }, (_, i) => i + 1),
  )
})

test('a program that leaves a loop can publish as before, and begin another loop', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server], { maxBuffered: 4 })
  server.broadcast(server.connections[0]!, { n: 1 })
  for await (const { n } of connection) if (n === 1) break
  for (let n = 2; n <= 40; n++) server.broadcast(server.connections[0]!, { n })
  for (let i = 0; i < 20; i++) await connection.send({ text: `after the loop ${i}` })
  let latest: Broadcast | undefined
  const again = (async () => {
    for await (const broadcast of connection) {
      latest = broadcast
      if (broadcast.activity['text'] === 'for the second loop') break
    }
  })()
  await nextTurn()
  await connection.send({ text: 'for the second loop' })
  await again
  t.true(latest?.own)
})

test('a line that is longer by what the server adds to it is taken in', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  const broadcasts: Broadcast[] = []
  connection.on('broadcast', (broadcast) => broadcasts.push(broadcast))
  const text = 'x'.repeat(maxLineBytes - 60)
  server.broadcast(server.connections[0]!, { n: 1, text })
  await until(() => broadcasts.length === 1, 'the long one')
  t.is(server.heardCommands('LOGIN').length, 1)
})

const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic
let deep: Record<string, unknown> = {}
for (let depth = 0; depth < 200; depth++) deep = { deep }

for (const [what, activity] of Object.entries({
  'a cycle': cyclic,
  'a big integer': { big: 1n },
  'too many levels': deep,
  'more than a line may hold': { text: 'x'.repeat(maxLineBytes) },
  'more than a line may hold, in UTF-8': { text: '€'.repeat(maxLineBytes / 2) },
  'no object': [] as unknown as Record<string, unknown>,
  'what JSON makes a text of': new Date() as unknown as Record<string, unknown>,
})) {
  test(`an activity with ${what} is refused here and costs nothing`, async (t) => {
    const server = await serve(t)
    const connection = await join(t, [server])
    await t.throwsAsync(() => connection.send(activity), { instanceOf: NotPublished })
    await connection.send({ text: 'fine' })
    t.is(server.heardCommands('LOGIN').length, 1)
    t.is(server.heardCommands('ACTIVITY_MESSAGE').length, 1)
  })
}

test('closing waits for messages, then logs out', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  const receipts = [1, 2, 3].map((i) => connection.send({ i }))
  await connection.close()
  t.is((await Promise.all(receipts)).length, 3)
  await until(() => server.heardCommands('LOGOUT').length === 1, 'LOGOUT')
  await t.throwsAsync(() => connection.send({}), { instanceOf: NotPublished })
})

test('closing at once tells that a message may have been published', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  server.onLine = () => undefined
  const receipt = connection.send({})
  await until(() => server.heardCommands('ACTIVITY_MESSAGE').length === 1, 'the message')
  const rejected = t.throwsAsync(receipt, { instanceOf: MaybePublished })
  await connection.close({ now: true })
  await rejected
})

test('a refused login throws, in the words of the server', async (t) => {
  const server = await serve(t, (_line, connection) => {
    connection.writeCommand({ command: 'LOGIN_FAILED', info: 'wrong secret for aaron' })
    connection.close()
  })
  await t.throwsAsync(connect({ servers: [server.address], username: 'aaron', secret: 'x' }), {
    instanceOf: LoginFailed,
    message: /wrong secret for aaron/,
  })
})

test('a name without a secret, and an address that is none, are told at once', async (t) => {
  await t.throwsAsync(async () => connect({ servers: ['localhost:1'], username: 'aaron' }), {
    instanceOf: TypeError,
    message: /secret/,
  })
  for (const address of ['localhost', 'localhost:', ':1', 'localhost:70000', 'localhost:x'])
    await t.throwsAsync(async () => connect({ servers: [address] }), { instanceOf: TypeError })
})

test('a signal ends the attempt to connect, and the connection', async (t) => {
  const silent = await serve(t, () => undefined)
  const giveUp = new AbortController()
  const attempt = connect({ servers: [silent.address], signal: giveUp.signal })
  await until(() => silent.heard.length === 1, 'LOGIN')
  giveUp.abort()
  await t.throwsAsync(attempt)

  const server = await serve(t)
  const end = new AbortController()
  const connection = await join(t, [server], { signal: end.signal })
  const closed = new Promise((resolve) => connection.once('closed', resolve))
  end.abort()
  await closed
  t.is(connection.server, undefined)
})

test('a program that publishes from a listener keeps the order of its messages', async (t) => {
  const [first, second] = [await serve(t), await serve(t)]
  const connection = await join(t, [first, second])
  first.onLine = () => undefined
  const receipts = ['a', 'b', 'c'].map((text) => connection.send({ text }))
  await until(() => first.heardCommands('ACTIVITY_MESSAGE').length === 3, 'three messages')
  connection.once('connected', () => receipts.push(connection.send({ text: 'd' })))
  first.dropConnections()
  await until(() => receipts.length === 4, 'the change of servers')
  await Promise.all(receipts)
  t.deepEqual(
    second.heardCommands('ACTIVITY_MESSAGE').map(({ id }) => id),
    [1, 2, 3, 4],
  )
})

test('a server that is no JWP server is left for one that is', async (t) => {
  const wrongServer = await serve(t, (_line, connection) => {
    connection.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  const server = await serve(t, answerWell)
  const connection = await join(t, [wrongServer, server])
  t.is(connection.server?.port, server.address.port)
})

/** A port where no process listens. */
async function deadAddress(): Promise<{ host: string; port: number }> {
  const server = await ScriptedServer.start()
  const { address } = server
  await server.stop()
  return address
}

test('without a server that answers, connect gives up in words, and nothing was published', async (t) => {
  const error = await t.throwsAsync(connect({ servers: [await deadAddress()], withinMs: 50 }), {
    instanceOf: NotConnected,
  })
  t.regex(error.message, /^no server has let us in within 50 ms \(nothing listens at 127\.0\.0\.1:\d+\)$/)
})

test('a message that is not acknowledged in time: taken back if it has not left, perhaps published if it has', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server], { limits: { windowSize: 1 } })
  server.onLine = () => undefined
  const [first, second, third] = await Promise.allSettled([
    connection.send({ text: 'has left' }, { withinMs: 20 }),
    connection.send({ text: 'waits' }, { withinMs: 10 }),
    connection.send('no object' as never, { withinMs: 10 }),
  ])
  t.true(first.status === 'rejected' && first.reason instanceof MaybePublished)
  t.true(second.status === 'rejected' && second.reason instanceof NotPublished)
  t.true(third.status === 'rejected' && third.reason instanceof NotPublished)

  // What has left goes its way, what was taken back is not heard of, and its number is not missing.
  server.onLine = answerWell
  server.dropConnections()
  t.like(await connection.send({ text: 'goes on' }), { id: 2 })
  t.deepEqual(
    server.log.map(({ text }) => text),
    ['has left', 'goes on'],
  )
})

test('close waits for what was sent, but not for ever', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server])
  server.onLine = () => undefined
  const sent = connection.send({ text: 'on its way' })
  const failed = t.throwsAsync(sent, { instanceOf: MaybePublished })
  await connection.close({ withinMs: 30 })
  await failed
})

test('what waits for a reader is bounded in bytes, too', async (t) => {
  const server = await serve(t)
  const connection = await join(t, [server], { maxBufferedBytes: 100_000 })
  const iterator = connection[Symbol.asyncIterator]()
  let arrived = 0
  connection.on('broadcast', () => arrived++)
  const text = 'x'.repeat(10_000)
  for (let n = 1; n <= 100; n++) server.broadcast(server.connections[0]!, { n, text })
  await until(() => arrived >= 9, 'as many as there is room for')
  await nextTurn()
  t.true(arrived <= 20, `${arrived} came`)
  for (let n = 1; n <= 100; n++) t.is(((await iterator.next()).value as Broadcast).n, n)
})
