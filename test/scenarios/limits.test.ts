/** Limits by address and in all, at real servers: a client over a limit hears why, and no other client notices. */
import { connect as connectSocket } from 'node:net'
import { connect } from '@jwp/client'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

const anonymous = { command: 'LOGIN', username: 'anonymous' }

/** A connection that has just closed, also one that asked for the status, may still be counted for a moment. */
function enterOnceThereIsRoom(t: ExecutionContext, port: number): Promise<LineClient> {
  return eventually('there is room for a client', async () => {
    const client = new LineClient(t, port)
    return (await client.ask(anonymous))['command'] === 'LOGIN_SUCCESS' ? client : undefined
  })
}

test('more connections than one address may have: told why, others stay', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a', undefined, ['--max-connections-per-address', '5'])
  const held: LineClient[] = []
  while (held.length < 5) held.push(await enterOnceThereIsRoom(t, port))
  const sixth = new LineClient(t, port)
  t.deepEqual(await sixth.ask(anonymous), {
    command: 'LOGIN_FAILED',
    info: 'not decided: too many connections from your address: 5 at most',
  })
  await sixth.untilClosed()
  held[0]!.say({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: { n: 1 } })
  await Promise.all(held.map((client) => client.take('ACTIVITY_BROADCAST')))
  held[0]!.say({ command: 'LOGOUT' })
  await held[0]!.untilClosed()
  await enterOnceThereIsRoom(t, port)
})

test('more clients than a server takes: servers and HTTP still come through', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a', undefined, ['--max-connections', '2'])
  for (let clients = 0; clients < 2; clients++) await enterOnceThereIsRoom(t, port)
  t.deepEqual(await new LineClient(t, port).ask(anonymous), {
    command: 'LOGIN_FAILED',
    info: 'not decided: this server has as many clients as it takes (2): try another one',
  })
  const { port: other } = await network.startServer('b', 'a')
  await network.untilShape('a b<a')
  // The library goes where there is room.
  const connection = await connect({ servers: [`localhost:${port}`, `localhost:${other}`] })
  t.is(connection.server?.port, other)
  await connection.close()
})

test('who guesses is told to wait; the others log in, from the same address as well', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a', undefined, ['--max-failed-logins', '3'])
  const ann = { username: 'ann', secret: 'right' }
  const bob = { username: 'bob', secret: 'right too' }
  for (const user of [ann, bob])
    t.is((await new LineClient(t, port).ask({ command: 'REGISTER', ...user }))['command'], 'REGISTER_SUCCESS')
  const guess = async (): Promise<string> => {
    const answer = await new LineClient(t, port).ask({ command: 'LOGIN', ...ann, secret: 'wrong' })
    t.is(answer['command'], 'LOGIN_FAILED')
    return String(answer['info'])
  }
  for (let i = 0; i < 3; i++) t.is(await guess(), 'wrong secret for ann')
  t.regex(
    await guess(),
    /^not decided: too many failed logins as ann from 127\.0\.0\.1 \(3 a minute at most\), try again in \d+ s$/,
  )
  t.is((await new LineClient(t, port).ask({ command: 'LOGIN', ...bob }))['command'], 'LOGIN_SUCCESS')
  t.is((await new LineClient(t, port).ask(anonymous))['command'], 'LOGIN_SUCCESS')
})

test('a client that publishes faster than allowed is read more slowly, and loses nothing', async (t) => {
  const network = new RealNetwork(t)
  const { port } = await network.startServer('a', undefined, ['--max-rate', '50'])
  const client = new LineClient(t, port)
  await client.ask(anonymous)
  const startedMs = performance.now()
  for (let n = 1; n <= 150; n++)
    client.say({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: { n } })
  await eventually('all came back', () => (client.lines.length >= 151 ? true : undefined))
  // 50 at once, the other hundred at 50 a second: no busy machine makes that faster.
  t.true(performance.now() - startedMs > 1_900)
  t.deepEqual(
    client.lines.slice(1).map((line) => (line['activity'] as { n: number }).n),
    Array.from({ length: 150 }, (_, i) => i + 1),
  )
})

test('a client that reconnects in a tight loop costs the others nothing', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const { port } = await network.startServer('a', undefined, ['--max-connections-per-address', '500'])
  const reader = new LineClient(t, port)
  await reader.ask(anonymous)
  let loops = 0
  let stop = false
  const login = `${JSON.stringify(anonymous)}\n`
  const loop = async (): Promise<void> => {
    while (!stop) {
      await new Promise<void>((resolve) => {
        const socket = connectSocket(port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.once('data', () => socket.destroy())
        socket.once('close', () => resolve())
        socket.write(login)
      })
      loops++
    }
  }
  const looping = Promise.all([loop(), loop(), loop(), loop()])
  await eventually('the address has had its burst', () => (loops > 700 ? true : undefined))
  const waits: number[] = []
  for (let n = 1; n <= 100; n++) {
    const sentMs = performance.now()
    reader.say({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: { n } })
    await reader.take('ACTIVITY_BROADCAST')
    waits.push(performance.now() - sentMs)
  }
  stop = true
  await looping
  waits.sort((a, b) => a - b)
  t.log(
    `${loops} connections meanwhile; from sending to getting: ${waits[50]!.toFixed(1)} ms, ${waits[98]!.toFixed(1)} ms at most but one`,
  )
  t.is(waits.length, 100, 'every message came')
})
