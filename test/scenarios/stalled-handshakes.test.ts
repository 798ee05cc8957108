/** TLS handshakes that never end hold up neither logins nor servers, though they come from the same address. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TestAuthority } from '#certificates'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

const authority = new TestAuthority('the CA of the network')
test.after.always(() => {
  authority.end()
})
const ca = readFileSync(authority.ca, 'utf8')

/** What a TLS client says first, recorded from one that got no answer. */
async function clientHello(): Promise<Buffer> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const client = connectTls({ port: (listener.address() as { port: number }).port, host: '127.0.0.1' })
  client.on('error', () => undefined)
  const [socket] = (await once(listener, 'connection')) as [Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  client.destroy()
  listener.close()
  return hello
}

/** Returns how many of them are closed by now. */
async function stall(t: ExecutionContext, port: number, count: number, first: Buffer): Promise<() => number> {
  let closed = 0
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.on('close', () => closed++)
    socket.resume()
    socket.write(first)
  }
  return () => closed
}

/**
 * Each connection that is closed is opened again, until this many have come in all. Returns how many there have been.
 */
function keepStalling(
  t: ExecutionContext,
  port: number,
  { atOnce, inAll }: { atOnce: number; inAll: number },
  first: Buffer,
): { readonly open: number; readonly come: number } {
  const stalled = { open: 0, come: 0 }
  let isOver = false
  const sockets = new Set<Socket>()
  const come = (): void => {
    if (isOver || stalled.come >= inAll) return
    stalled.come++
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.on('connect', () => stalled.open++)
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(first)
    socket.on('close', () => {
      sockets.delete(socket)
      setImmediate(come)
    })
  }
  for (let i = 0; i < atOnce; i++) come()
  t.teardown(() => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  })
  return stalled
}

/**
 * How many files this process may have open, less what it needs itself. The servers are its children and have the same
 * limit.
 */
function mostSockets(): number {
  const told = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return Math.floor((Number(told ?? 1_024) - 200) / 2)
}

for (const [what, first, comingBack] of [
  ['a record that never becomes whole', () => Buffer.from('160301020001', 'hex'), 4],
  // A peer that comes again at once competes for each place with all others from its address. The server cannot tell
  // them apart, so it cannot prefer one.
  ['a whole first flight, and silence', clientHello, 0],
] as const)
  test.serial(`2,000 of them (${what}) while the root dies: one root, and logins work`, async (t) => {
    const network = new RealNetwork(t)
    network.authority = authority
    await network.startClock()
    await network.startServer('a')
    const { port } = await network.startServer('b', 'a')
    await network.startServer('c', 'a')
    await network.startServer('d', 'b')
    await network.untilShape('a b<a c<a d<b')
    const atOnce = Math.min(2_000, mostSockets())
    const stalled = keepStalling(t, port, { atOnce, inAll: (1 + comingBack) * atOnce }, await first())
    await eventually('all of them are there', () => stalled.open >= atOnce || undefined)
    const killedMs = performance.now()
    const dies = network.kill('a')
    const logIn = async (): Promise<void> => {
      const startedMs = performance.now()
      const client = new LineClient(t, port, ca)
      t.is((await client.ask({ command: 'LOGIN', username: 'anonymous' }))['command'], 'LOGIN_SUCCESS')
      t.log(`a login took ${Math.round(performance.now() - startedMs)} ms`)
    }
    const logins = Promise.all([logIn(), dies.then(logIn), dies.then(logIn)])
    await dies
    const root = await network.untilOneTree('b', 'c', 'd')
    t.log(`one tree after ${Math.round(performance.now() - killedMs)} ms`)
    await logins
    const others = ['b', 'c', 'd'].filter((letter) => letter !== root)
    t.true(['b', 'c'].includes(root), `an heir took over, not ${root}`)
    for (const letter of others)
      t.notRegex(network.server(letter).printed(), /root of the tree|took over/, `${letter} founded nothing`)
    t.log(`${stalled.come} have come`)
  })

for (const [what, first, words] of [
  ['a record that never becomes whole', () => Buffer.from('160301020001', 'hex'), undefined],
  [
    'a whole first flight, and silence',
    clientHello,
    /128 TLS handshakes at once from 127\.0\.0\.1, the most/,
  ],
] as const)
  test.serial(what, async (t) => {
    const network = new RealNetwork(t)
    network.authority = authority
    await network.startClock()
    const { port } = await network.startServer('a')
    await network.startServer('b', 'a')
    await network.untilShape('a b<a')
    const closed = await stall(t, port, 600, await first())
    const startedMs = performance.now()
    const client = new LineClient(t, port, ca)
    t.is((await client.ask({ command: 'LOGIN', username: 'anonymous' }))['command'], 'LOGIN_SUCCESS')
    t.log(`a login took ${Math.round(performance.now() - startedMs)} ms`)
    if (words === undefined) t.is(closed(), 0, 'no place had to become free for it')
    await network.startServer('c', 'a')
    await network.untilShape('a b<a c<a')
    t.notRegex(network.server('b').printed(), /silent|lost its parent|root of the tree/)
    if (words !== undefined) t.regex(network.server('a').printed(), words)
  })
