/** What dialling says about the other end: open, dead, or out of reach. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { dialLines } from '@jwp/lines'
import { defaultLinkLimits, dialLink, type Link, type LinkLimits, until } from '@jwp/transport'
import test, { type ExecutionContext } from 'ava'
import { ask, dial, echoLines, echoLink, localhost, testPort } from './support/test-port.js'

interface Outcome {
  readonly opened: boolean
  readonly why?: string
  readonly info?: string
}

function outcomeOf(target: { host: string; port: number }, limits?: LinkLimits): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome = {
      onOpen: (link: Link) => {
        link.close()
        resolve({ opened: true })
      },
      onFailure: (why: string, info: string) => {
        resolve({ opened: false, why, info })
      },
    }
    dialLink(target, outcome, limits)
  })
}

/** A listener that is no part of JWP. */
async function peer(t: ExecutionContext, meet: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    meet(socket)
  })
  server.listen(0, localhost)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function freePort(t: ExecutionContext): Promise<number> {
  const port = await testPort(t)
  const number = port.port
  port.close()
  return number
}

test('a link opens, carries messages, and says who the other end is', async (t) => {
  const port = await testPort(t, { onLink: echoLink })
  const link = await dial(port.port)
  t.deepEqual(await ask(link, { hello: 1 }), { hello: 1 })
  t.is(link.remoteHost, localhost)
  t.false(link.blocked)
  link.close()
})

test('an accepted link sees a plain address also on a listener for both families', async (t) => {
  const hosts: string[] = []
  const port = await testPort(t, { onLink: (link) => hosts.push(link.remoteHost) }, { host: undefined })
  ;(await dial(port.port)).close()
  await until(() => hosts.length === 1)
  t.deepEqual(hosts, [localhost])
})

for (const host of ['localhost', '127.0.0.1']) {
  test(`nothing listens at ${host}: refused, the process is dead`, async (t) => {
    const port = await freePort(t)
    const { why, info } = await outcomeOf({ host, port })
    t.deepEqual({ why, info }, { why: 'refused', info: `nothing listens at ${host}:${port}` })
  })
}

test('a listener that closed its port is refused from then on', async (t) => {
  const port = await testPort(t)
  const number = port.port
  t.true((await outcomeOf({ host: localhost, port: number })).opened)
  port.stopListening()
  t.is((await outcomeOf({ host: localhost, port: number })).why, 'refused')
})

for (const [target, info] of [
  [{ host: 'no-such-host.invalid', port: 80 }, /no host called no-such-host.invalid|does not answer|EAI/],
  [{ host: '', port: 80 }, /is not a host/],
  [{ host: 'two words', port: 80 }, /is not a host/],
  [{ host: 'a\0b', port: 80 }, /is not a host/],
  [{ host: 'x'.repeat(300), port: 80 }, /is not a host/],
  [{ host: localhost, port: 0 }, /0 is not a port/],
  [{ host: localhost, port: 65_536 }, /65536 is not a port/],
  [{ host: localhost, port: NaN }, /NaN is not a port/],
] as const) {
  test(`${JSON.stringify(target)} is unreachable, in words`, async (t) => {
    const { why, info: told } = await outcomeOf(target)
    t.is(why, 'unreachable')
    t.regex(told!, info)
  })
}

for (const [what, meet, info] of [
  [
    'answers with text',
    (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
    /does not speak net-ipc/,
  ],
  [
    'answers with a bad frame',
    (socket: Socket) => socket.write(Buffer.from([0x83, 0x7b, 0x7b, 0x7b])),
    /speak net-ipc/,
  ],
  [
    'announces a gigabyte',
    (socket: Socket) => socket.write(Buffer.from([4, 0, 0, 0, 0x80])),
    /speak net-ipc/,
  ],
  ['closes', (socket: Socket) => socket.end(), /closed the connection/],
  [
    'closes inside a frame',
    (socket: Socket) => socket.end(Buffer.from([0x90, 0x7b])),
    /closed the connection/,
  ],
  [
    'resets',
    (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
    /closed the connection/,
  ],
] as const) {
  test(`a listener that ${what} is unreachable, not dead`, async (t) => {
    const port = await peer(t, meet)
    const { why, info: told } = await outcomeOf({ host: localhost, port })
    t.is(why, 'unreachable')
    t.regex(told!, info)
  })
}

test('a listener that never says anything: the handshake has its time', async (t) => {
  const port = await peer(t, () => undefined)
  const { why, info } = await outcomeOf(
    { host: localhost, port },
    { ...defaultLinkLimits, handshakeTimeoutMs: 20 },
  )
  t.is(why, 'unreachable')
  t.regex(info!, /does not answer/)
})

test('a cancelled attempt reports nothing and lets its socket go', async (t) => {
  let met = 0
  let gone = 0
  const silent = await peer(t, (socket) => {
    met++
    socket.resume()
    socket.on('close', () => gone++)
    socket.on('end', () => socket.end())
  })
  const port = await testPort(t)
  const reports: string[] = []
  const outcome = {
    onOpen: () => reports.push('open'),
    onFailure: () => reports.push('failure'),
  }
  const hanging = dialLink({ host: localhost, port: silent }, outcome)
  dialLink({ host: localhost, port: port.port }, outcome).cancel()
  dialLink({ host: '', port: 1 }, outcome).cancel()
  dialLines({ host: localhost, port: port.port }, outcome).cancel()
  await until(() => met === 1)
  hanging.cancel()
  hanging.cancel()
  await until(() => gone === 1)
  ;(await dial(port.port)).close()
  t.deepEqual(reports, [])
})

test('lines are dialled the same way', async (t) => {
  const port = await testPort(t, { onLines: echoLines })
  const values: unknown[] = []
  let closed = 0
  dialLines(
    { host: 'localhost', port: port.port },
    {
      onOpen: (connection) => {
        connection.onValue = (value) => {
          values.push(value)
        }
        connection.onClosed = () => closed++
        connection.writeCommand({ command: 'HELLO' })
      },
      onFailure: (why, info) => {
        t.fail(`${why}: ${info}`)
      },
    },
  )
  await until(() => values.length === 1)
  t.deepEqual(values, [{ echo: { command: 'HELLO' } }])
  port.close()
  await until(() => closed === 1)
  const dead = await new Promise((resolve) => {
    dialLines(
      { host: localhost, port: 1 },
      { onOpen: () => resolve('open'), onFailure: (why, info) => resolve([why, info]) },
    )
  })
  t.deepEqual(dead, ['refused', `nothing listens at ${localhost}:1`])
})
