/**
 * What unauthenticated peers send costs the tree nothing: neighbours stay together, and others are let in, whatever
 * comes to the port.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

const anonymous = { command: 'LOGIN', username: 'anonymous' }
/** May ask for PONGs, and confirm. */
const resuming = { ...anonymous, features: ['ack', 'resume'] }

/** Writes all of it, and reads what comes; resolves when `isDone` says so, or the other end has closed. */
function pour(
  t: ExecutionContext,
  port: number,
  bytes: string,
  isDone: (text: string) => boolean,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isDone(text)) resolve(text)
    })
    t.teardown(() => socket.destroy())
    socket.write(bytes)
  })
}

/** Two servers that both know the other from the start; `during` runs a flood against the first, the parent. */
async function floodTheParent(
  t: ExecutionContext,
  flood: (port: number) => Promise<unknown>,
): Promise<RealNetwork> {
  const network = new RealNetwork(t)
  await network.startClock()
  const { port } = await network.startServer('a')
  await network.startServer('b', 'a')
  await network.untilShape('a b<a')
  const logins = (async () => {
    for (let i = 0; i < 3; i++)
      t.is((await new LineClient(t, port).ask(anonymous))['command'], 'LOGIN_SUCCESS')
  })()
  await Promise.all([flood(port), logins])
  // On a machine that stops the child itself for so long, it cannot be told which side was silent. Then one tree must
  // come back.
  if (/stood still/.test(network.server('b').printed())) {
    await network.untilOneTree('a', 'b')
    return network
  }
  t.is(await network.shape('a', 'b'), 'a b<a')
  t.notRegex(network.server('b').printed(), /silent|lost its parent|root of the tree/)
  t.is((await network.metrics('b'))['jwp_is_root'], 0)
  t.is(await timesChild(network), 1, 'the child attached once, and stayed')
  return network
}

/** How often b has attached to a parent. */
async function timesChild(network: RealNetwork): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${network.server('b').port}/metrics`)).text()
  return Number(/^jwp_events_total\{event="became-child"\} (\d+)$/m.exec(text)?.[1])
}

for (const path of ['/healthz', '/status', '/metrics'])
  test.serial(
    `20,000 pipelined requests for ${path}: the child keeps its parent, logins are answered`,
    async (t) => {
      const count = 20_000
      await floodTheParent(t, async (port) => {
        // The last one names a path of its own, so that its answer can be told from the others.
        const asked = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(
          path === '/healthz' ? count : count / 10,
        )
        const text = await pour(
          t,
          port,
          `${asked}GET /end HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
          () => false,
        )
        t.true(text.includes('HTTP/1.1 404'), 'the last one is answered, too')
      })
    },
  )

for (const line of ['{"command":"PING"}', '{"command":"DELIVERED","index":0}', ' '])
  test.serial(
    `three clients with megabytes of '${line}': the child keeps its parent, logins are answered`,
    async (t) => {
      const bytes = `${line}\n`.repeat(Math.ceil(3e6 / (line.length + 1)))
      await floodTheParent(t, async (port) => {
        const sockets = await Promise.all([1, 2, 3].map(() => pourWithoutEnd(t, port, bytes)))
        await eventually(
          'all was taken in, or the client let go',
          () => (sockets.every((socket) => socket.writableLength === 0) ? true : undefined),
          300_000,
        )
      })
    },
  )

/** Logs in, and then writes all of it at once. */
async function pourWithoutEnd(t: ExecutionContext, port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  socket.write(`${JSON.stringify(resuming)}\n`)
  await once(socket, 'data')
  socket.resume()
  socket.write(bytes)
  return socket
}

test.serial(
  'few files, and more clients than fit: a link is kept a place for, healing too, and the log says that it is full',
  async (t) => {
    const network = new RealNetwork(t)
    await network.startClock()
    await network.startServer('a')
    const { port } = await network.startServer('b', 'a', [], { openFiles: 128 })
    await network.startServer('c', 'a')
    await network.untilShape('a b<a c<a')
    const clients = Array.from({ length: 200 }, () => new LineClient(t, port))
    for (const client of clients) client.say(anonymous)
    await eventually('each client has an answer', () =>
      clients.every(({ closed, lines }) => closed || lines.length > 0) ? true : undefined,
    )
    const answers = clients.map(({ lines }) => lines[0])
    t.true(answers.filter((line) => line?.['command'] === 'LOGIN_SUCCESS').length >= 30)
    const refused = answers.find((line) => line?.['command'] === 'LOGIN_FAILED')
    t.regex(String(refused?.['info']), /^not decided: .*(no place is left here|few places are left here) \(/)
    t.regex(
      network.server('b').printed(),
      /128 files may be open \(ulimit -n\), \d+ of them are kept for links/,
    )
    // One that is new finds a place, too.
    await network.startServer('d', 'b')
    await network.kill('a')
    await network.untilOneTree('b', 'c', 'd')
    t.true(clients.filter(({ closed }) => !closed).length >= 30, 'clients that were let in have stayed')
  },
)
