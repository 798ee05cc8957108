/** A relay that falls silent holds everything back, the end of a connection included, and loses nothing. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { eventually, Relay } from '@jwp/transport'

/** What a relay leads to: keeps what it hears. */
class Target {
  readonly sockets: Socket[] = []
  heard = ''
  endsSeen = 0
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => {
    this.sockets.push(socket)
    socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString()))
    socket.on('end', () => (this.endsSeen += 1))
    socket.on('error', () => undefined)
  })

  async listen(t: ExecutionContext): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    t.teardown(() => {
      for (const socket of this.sockets) socket.destroy()
      this.#server.close()
    })
    return (this.#server.address() as AddressInfo).port
  }
}

async function relayed(t: ExecutionContext) {
  const target = new Target()
  const relay = await Relay.listen({ target: { host: '127.0.0.1', port: await target.listen(t) } })
  t.teardown(() => {
    relay.close()
  })
  return { target, relay }
}

async function dial(t: ExecutionContext, relay: Relay): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect({ host: relay.host, port: relay.port, allowHalfOpen: true })
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return { socket, heard: () => heard }
}

test('what is said goes through, both ways, and so does the end', async (t) => {
  const { target, relay } = await relayed(t)
  const { socket, heard } = await dial(t, relay)
  socket.write('ping')
  await eventually('ping arrives', () => target.heard === 'ping')
  target.sockets[0]!.write('pong')
  await eventually('pong arrives', () => heard() === 'pong')
  socket.end()
  await eventually('the end arrives', () => target.endsSeen === 1)
  target.sockets[0]!.end('last words')
  await eventually('last words arrive', () => heard() === 'ponglast words')
  await eventually('nothing is kept', () => relay.connectionCount === 0)
  t.is(target.heard, 'ping')
})

test('a silent way holds everything back, the other way and other diallers speak on', async (t) => {
  const { target, relay } = await relayed(t)
  const cut = await dial(t, relay)
  cut.socket.write('a')
  await eventually('a arrives', () => target.heard === 'a')
  relay.setFlow(() => ({ toTarget: false, fromTarget: true }))
  cut.socket.end('b')
  target.sockets[0]!.write('still there')
  await eventually('the other way passes', () => cut.heard() === 'still there')
  t.is(target.heard, 'a')
  t.is(target.endsSeen, 0, 'not even the end is told')

  relay.setFlow(() => ({ toTarget: true, fromTarget: true }))
  await eventually('what was held back arrives', () => target.heard === 'ab' && target.endsSeen === 1)
})

test('a dial in a cut is taken and hears nothing until the cut is over', async (t) => {
  const { target, relay } = await relayed(t)
  relay.setFlow(() => ({ toTarget: false, fromTarget: false }))
  const { socket, heard } = await dial(t, relay)
  socket.write('hello')
  await eventually('the target is reached', () => target.sockets.length === 1)
  target.sockets[0]!.write('welcome')
  t.is(target.heard + heard(), '')
  relay.setFlow(() => ({ toTarget: true, fromTarget: true }))
  await eventually('both hear', () => target.heard === 'hello' && heard() === 'welcome')
})

test('a death in a cut is told after it', async (t) => {
  const { target, relay } = await relayed(t)
  const { socket } = await dial(t, relay)
  let isClosed = false
  socket.once('close', () => (isClosed = true))
  await eventually('the target is reached', () => target.sockets.length === 1)
  relay.setFlow(() => ({ toTarget: false, fromTarget: false }))
  target.sockets[0]!.resetAndDestroy()
  await eventually('the relay has seen it', () => target.sockets[0]!.destroyed)
  // Back to the dialler nothing passes; what another one says now reaches the target after the death has reached the relay.
  relay.setFlow(() => ({ toTarget: true, fromTarget: false }))
  const later = await dial(t, relay)
  later.socket.write('later')
  await eventually('what is said later arrives', () => target.heard.endsWith('later'))
  t.false(isClosed)
  relay.setFlow(() => ({ toTarget: true, fromTarget: true }))
  await eventually('the dialler is told', () => isClosed)
})

test('whom a cut concerns is decided by the address that a connection comes from', async (t) => {
  const { target, relay } = await relayed(t)
  const asked: string[] = []
  relay.setFlow((from) => {
    asked.push(from)
    return { toTarget: true, fromTarget: true }
  })
  const { socket } = await dial(t, relay)
  socket.write('x')
  await eventually('x arrives', () => target.heard === 'x')
  t.deepEqual(asked, ['127.0.0.1'])
})

test('a relay that refuses looks like a port without a listener, and accepts again later', async (t) => {
  const { target, relay } = await relayed(t)
  relay.refuse()
  const refused = connect(relay.port, relay.host)
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
  t.is(error.code, 'ECONNREFUSED')
  await relay.accept()
  const { socket } = await dial(t, relay)
  socket.write('back')
  await eventually('it is back', () => target.heard === 'back')
})

test('more than a reader takes is neither lost nor kept in memory', async (t) => {
  const { target, relay } = await relayed(t)
  const { socket } = await dial(t, relay)
  await eventually('the target is reached', () => target.sockets.length === 1)
  let received = 0
  target.sockets[0]!.removeAllListeners('data')
  target.sockets[0]!.pause()
  const chunk = Buffer.alloc(1_048_576, 'x')
  const sent = 32
  for (let chunks = 0; chunks < sent; chunks++) socket.write(chunk)
  socket.end()
  target.sockets[0]!.on('data', (part: Buffer) => (received += part.length))
  target.sockets[0]!.resume()
  await eventually('all of it arrives', () => received === sent * chunk.length)
  t.pass()
})

test('no process behind the relay: the connection is closed', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const relay = await Relay.listen({ target: { host: '127.0.0.1', port } })
  t.teardown(() => {
    relay.close()
  })
  const { socket } = await dial(t, relay)
  await eventually('it is closed', () => socket.destroyed)
  t.pass()
})
