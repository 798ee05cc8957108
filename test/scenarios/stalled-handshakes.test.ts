/** TLS handshakes that never end hold up neither logins nor servers, though they come from the same address. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TestAuthority } from '#certificates'
import test, { type ExecutionContext } from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

const authority = new TestAuthority('the CA of the network')
test.after.always(() => {
  authority.end()
})
const ca = readFileSync(authority.ca, 'utf8')

/** What a TLS client says first, taken from one that nobody answers. */
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
    t.notRegex(network.server('b').printed(), /silent|lost its parent|took over|without a parent/)
    if (words !== undefined) t.regex(network.server('a').printed(), words)
  })
