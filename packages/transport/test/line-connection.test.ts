/** Lines in order through every trouble: holding, blocking, half-closed ends, last words. With TLS as without. */
import { asClient, dialLines, LineConnection, type LineConnectionOptions } from '@jwp/lines'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { until } from '@jwp/transport'
import { identityFrom, TestAuthority } from './support/certificates.js'
import { RawClient } from './support/raw-client.js'
import { localhost } from './support/test-port.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const authority = new TestAuthority()
const identity = identityFrom(authority.issue())
test.after.always(() => {
  authority.end()
})

type Kind = 'plain' | 'tls'

const serverOf = (kind: Kind, onSocket: (socket: Socket) => void): Server =>
  kind === 'plain'
    ? createServer({ allowHalfOpen: true }, onSocket)
    : createTlsServer({ ...identity, allowHalfOpen: true }, onSocket)

interface Served {
  /** The connection's own. */
  readonly socket: Socket
  readonly connection: LineConnection
  readonly client: RawClient
  readonly values: unknown[]
  readonly garbled: string[]
  readonly told: string[]
  /** The connection's own socket is closed for good. */
  readonly isGone: () => boolean
}

/** One connection with these options, and the raw socket at its other end. */
async function serveOver(
  kind: Kind,
  t: ExecutionContext,
  options: Partial<LineConnectionOptions>,
): Promise<Served> {
  const values: unknown[] = []
  const garbled: string[] = []
  const told: string[] = []
  let meet!: (socket: Socket) => void
  const met = new Promise<Socket>((resolve) => (meet = resolve))
  const server = serverOf(kind, meet)
  server.listen(0, localhost)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
  })
  const client = new RawClient(t, (server.address() as AddressInfo).port, { tls: kind === 'tls' })
  let gone = false
  const socket = await met
  socket.on('close', () => {
    gone = true
  })
  t.teardown(() => {
    socket.destroy()
  })
  const connection = new LineConnection(socket, { dialect: 'lines', ...options })
  connection.onValue = (value) => values.push(value)
  connection.onGarbled = (info) => garbled.push(info)
  connection.onClosed = () => told.push('closed')
  connection.onBlocked = () => told.push('blocked')
  connection.onDrained = () => told.push('drained')
  return { connection, socket, client, values, garbled, told, isGone: () => gone }
}

/** Bytes in buffers that are still in use: garbage that waits for its collector does not count. */
function keptBytes(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

for (const kind of ['plain', 'tls'] as const) {
  const serve = (t: ExecutionContext, options: Partial<LineConnectionOptions> = {}) =>
    serveOver(kind, t, options)

  test(`${kind}: lines while on hold wait, in order, for release`, async (t) => {
    const { connection, client, values } = await serve(t)
    connection.onValue = (value) => {
      values.push(value)
      if (value === 2) connection.pause()
    }
    await client.write('1\n2\n3\n', '4\n5\n')
    await until(() => values.length === 2)
    t.deepEqual(values, [1, 2])
    connection.resume()
    await until(() => values.length === 5)
    t.deepEqual(values, [1, 2, 3, 4, 5])
  })

  test(`${kind}: a handler that holds and releases at once gets every line once`, async (t) => {
    const { connection, client, values } = await serve(t)
    connection.onValue = (value) => {
      values.push(value)
      connection.pause()
      connection.resume()
    }
    await client.write('1\n2\n3\n', '4\n')
    await until(() => values.length >= 4)
    t.deepEqual(values, [1, 2, 3, 4])
  })

  test(`${kind}: while paused, the rest of what a client sends stays in the network`, async (t) => {
    const { connection, client, values } = await serve(t)
    connection.pause()
    const lines = `${JSON.stringify('x'.repeat(1_000))}\n`.repeat(30_000)
    client.socket.write(lines)
    await new Promise(setImmediate)
    t.true(client.socket.writableLength > 0)
    connection.resume()
    await until(() => values.length === 30_000)
    t.is(client.socket.writableLength, 0)
  })

  test(`${kind}: a bad line is told in its place, and the next one is read`, async (t) => {
    const { client, values, garbled } = await serve(t)
    await client.write('1\n{bad\n \t \n2\n', Buffer.from([0x22, 0xff, 0x22, 0x0a]), '3\n')
    await until(() => values.length === 3)
    t.deepEqual(values, [1, 2, 3])
    t.deepEqual(garbled, [
      'JSON parse error while parsing message',
      'JSON parse error while parsing message: not UTF-8',
    ])
  })

  test(`${kind}: a line over the limit: those before it are handled, it is told once, the rest is thrown away`, async (t) => {
    const { connection, client, values, garbled } = await serve(t, { maxLineBytes: 1_000 })
    await client.write(`1\n2\n${'x'.repeat(1_001)}`, 'more\n3\n', 'x'.repeat(5_000))
    await until(() => garbled.length > 0)
    connection.writeCommand({ command: 'INVALID_MESSAGE' })
    connection.close()
    t.is(await client.ended(), '{"command":"INVALID_MESSAGE"}\n')
    t.deepEqual(values, [1, 2])
    t.deepEqual(garbled, ['a line is longer than 1000 bytes'])
  })

  test(`${kind}: an endless line takes no more memory than the limit`, async (t) => {
    const { connection, client, garbled } = await serve(t, { maxLineBytes: 100_000 })
    const chunk = Buffer.alloc(1_000_000, 'x')
    connection.onGarbled = (info) => {
      garbled.push(info)
      connection.close()
    }
    client.socket.write(chunk)
    await until(() => garbled.length === 1)
    const before = keptBytes()
    for (let i = 0; i < 50 && !client.isClosed; i++) await client.write(chunk)
    await until(() => keptBytes() - before < 5_000_000)
    t.pass()
  })

  test(`${kind}: close: the last words arrive although the client still writes`, async (t) => {
    const { connection, client, told } = await serve(t)
    await client.write('1\n')
    connection.writeCommand({ command: 'LOGIN_FAILED' })
    connection.close()
    connection.close()
    connection.writeCommand({ command: 'TOO_LATE' })
    await client.write('2\n', '3\n')
    t.is(await client.ended(), '{"command":"LOGIN_FAILED"}\n')
    client.end()
    await until(() => client.isClosed)
    t.false(client.wasReset)
    t.deepEqual(told, [])
  })

  test(`${kind}: close does not wait for ever for a client that stays or does not read`, async (t) => {
    const stays = await serve(t, { lingerMs: 20 })
    stays.connection.close()
    await stays.client.ended()
    await until(stays.isGone)
    const deaf = await serve(t, { lingerMs: 20, highWaterBytes: 1_000 })
    deaf.client.socket.pause()
    while (!deaf.connection.blocked) deaf.connection.write(Buffer.alloc(1_000_000))
    deaf.connection.close()
    await until(deaf.isGone)
    t.deepEqual([stays.told, deaf.told], [[], ['blocked']])
  })

  test(`${kind}: a client that has much left to read gets all of it before the end`, async (t) => {
    const { connection, client, isGone } = await serve(t)
    client.socket.pause()
    const line = Buffer.from(`${JSON.stringify('z'.repeat(65_533))}\n`)
    let sent = 0
    while (!connection.blocked) {
      connection.write(line)
      sent += line.length
    }
    connection.close()
    let read = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk: Buffer) => {
      read += chunk.length
      client.socket.pause()
      setImmediate(() => client.socket.resume())
    })
    client.socket.resume()
    await until(() => client.hasEnded || client.isClosed)
    t.is(read, sent)
    client.end()
    await until(isGone)
  })

  test(`${kind}: a client that takes nothing in for longer than the patience, and then reads, gets all of it`, async (t) => {
    const { connection, socket, client, isGone } = await serve(t, { lingerMs: 2_000 })
    client.socket.pause()
    const line = Buffer.from(`${JSON.stringify('z'.repeat(65_533))}\n`)
    let sent = 0
    const more = (): void => {
      connection.write(line)
      sent += line.length
    }
    // Until the system takes no more: what it has would arrive in any case.
    for (let unsent = -1; unsent !== connection.unsentBytes || unsent === 0;) {
      while (connection.unsentBytes < 1_000_000) more()
      unsent = connection.unsentBytes
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    let silences = 0
    socket.on('timeout', () => silences++)
    connection.close()
    await until(() => silences > 0)
    client.socket.resume()
    t.is((await client.ended()).length, sent)
    client.end()
    await until(isGone)
  })

  test(`${kind}: a client that ends is reported once, after its answers`, async (t) => {
    const { connection, client, told } = await serve(t, { halfOpenMs: 20 })
    connection.onValue = (value) => {
      // Answered later, as a login is.
      setTimeout(() => {
        connection.writeCommand({ answer: value })
      }, 2)
    }
    client.socket.end('1\n2')
    t.is(await client.ended(), '{"answer":1}\n{"answer":2}\n')
    await until(() => told.length > 0)
    await until(() => client.isClosed)
    t.deepEqual(told, ['closed'])
  })

  test(`${kind}: a client that ends while on hold is reported after its lines`, async (t) => {
    const { connection, client, values, told } = await serve(t, { halfOpenMs: 1 })
    connection.onValue = (value) => {
      values.push(value)
      connection.pause()
    }
    client.socket.end('1\n2\n3')
    await until(() => values.length === 1)
    await new Promise(setImmediate)
    connection.resume()
    t.deepEqual([values, told], [[1, 2], []])
    connection.resume()
    // The unterminated last line is read when its end is seen.
    await until(() => values.length === 3)
    t.deepEqual(told, [])
    connection.resume()
    await until(() => told.length === 1)
    t.deepEqual([values, told], [[1, 2, 3], ['closed']])
  })

  test(`${kind}: a client that resets is reported at once, and only once`, async (t) => {
    const { connection, client, told } = await serve(t)
    await client.write('1\n')
    client.reset()
    await until(() => told.length === 1)
    connection.write(Buffer.from('x'))
    connection.close()
    t.deepEqual(told, ['closed'])
  })

  test(`${kind}: a client that does not read: blocked once, drained when it does, nothing lost`, async (t) => {
    const { connection, client, told } = await serve(t, { highWaterBytes: 100_000 })
    client.socket.pause()
    const line = Buffer.from(`${JSON.stringify('y'.repeat(9_997))}\n`)
    let sent = 0
    while (!connection.blocked) {
      connection.write(line)
      sent += line.length
    }
    connection.write(line)
    sent += line.length
    t.deepEqual(told, ['blocked'])
    client.socket.resume()
    await until(() => told.length === 2)
    t.deepEqual(told, ['blocked', 'drained'])
    t.false(connection.blocked)
    await until(() => client.text.length === sent)
    t.is(client.text, line.toString().repeat(sent / line.length))
  })

  test(`${kind}: writeUTF: framed by length in both directions of trouble`, async (t) => {
    const { client, values, garbled } = await serve(t, { dialect: 'write-utf' })
    const frame = (bytes: Buffer) =>
      Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
    const emoji = Buffer.concat([
      Buffer.from('"'),
      Buffer.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]),
      Buffer.from('"\n'),
    ])
    await client.write(
      frame(Buffer.from('{"a":"x\\n"}\n')),
      frame(emoji),
      frame(Buffer.from('\n')),
      frame(Buffer.alloc(0)),
    )
    await client.write(frame(Buffer.from([0xff])), frame(Buffer.from('oops')), frame(Buffer.from('1')))
    await until(() => values.length === 3)
    t.deepEqual(values, [{ a: 'x\n' }, '😀', 1])
    t.deepEqual(garbled, [
      'JSON parse error while parsing message: not modified UTF-8',
      'JSON parse error while parsing message',
    ])
  })

  test(`${kind}: after we have closed it we are told when the other end has read it all, once`, async (t) => {
    const { connection, client, told, isGone } = await serve(t, { lingerMs: 60_000 })
    connection.onOver = (isReset) => told.push(isReset ? 'over by a reset' : 'over in order')
    connection.write(Buffer.from('"last words"\n'))
    connection.close()
    await until(() => client.hasEnded)
    t.deepEqual(told, [])
    client.end()
    await until(isGone)
    t.deepEqual(client.lines, ['last words'])
    t.deepEqual(told, ['over in order'])
  })

  test(`${kind}: a dialled connection is told at once when the server ends`, async (t) => {
    const server = serverOf(kind, (socket) => {
      socket.end('{"command":"BYE"}\n')
    })
    server.listen(0, localhost)
    await once(server, 'listening')
    t.teardown(() => {
      server.close()
    })
    const told: unknown[] = []
    dialLines(
      {
        host: localhost,
        port: (server.address() as AddressInfo).port,
        tls: kind === 'tls' ? asClient(identity) : undefined,
      },
      {
        onOpen: (connection) => {
          connection.onValue = (value) => told.push(value)
          connection.onClosed = () => told.push('closed')
        },
        onFailure: (why) => told.push(why),
      },
      { halfOpenMs: 60_000 },
    )
    await until(() => told.length === 2)
    t.deepEqual(told, [{ command: 'BYE' }, 'closed'])
  })
}

test('after we have closed it we are told if the other end has not read all', async (t) => {
  const { connection, client, told, isGone } = await serveOver('plain', t, { lingerMs: 60_000 })
  connection.onOver = (isReset) => told.push(isReset ? 'over by a reset' : 'over in order')
  client.socket.pause()
  connection.write(Buffer.from('"last words"\n'))
  connection.close()
  client.reset()
  await until(isGone)
  t.deepEqual(told, ['over by a reset'])
})
