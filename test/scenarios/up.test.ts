/** `jwp up` passes all flags about the network on to its servers, and leaves no process behind. */
import { readFileSync } from 'node:fs'
import { connect, register } from '@jwp/client'
import type { ServerStatus } from '@jwp/protocol'
import { eventually, freePortRange } from '@jwp/transport'
import { TestAuthority } from '#certificates'
import test, { type ExecutionContext } from 'ava'
import { ask } from '../support/ask-http.js'
import { LineClient } from '../support/line-client.js'
import { isRunning, RealNetwork, type JwpProcess } from '../support/real-network.js'

const login = { command: 'LOGIN', username: 'anonymous' }
const hello = { command: 'ACTIVITY_MESSAGE', activity: { text: 'hello' } }

interface Up {
  readonly network: RealNetwork
  readonly process: JwpProcess
  /** Of the servers, the root's first. */
  readonly ports: readonly number[]
  readonly status: (port: number) => Promise<ServerStatus>
}

/** All of them are in one tree. */
async function startUp(t: ExecutionContext, count: number, flags: readonly string[]): Promise<Up> {
  const network = new RealNetwork(t)
  const clock = await freePortRange(count + 1)
  const ports = Array.from({ length: count }, (_, at) => clock + 1 + at)
  const places = ['--servers', String(count), '--clock-port', String(clock), '--port-base', String(ports[0])]
  const process = network.start('up', 0, ['up', ...places, ...flags])
  const tls = flags.includes('--tls-cert')
  const status = (port: number): Promise<ServerStatus> =>
    eventually(`${port} answers`, async () => {
      const answer = await ask({ port, path: '/status', tls })
      return answer && (JSON.parse(answer.text) as ServerStatus)
    })
  for (const port of ports) {
    await eventually(`${port} is in the tree`, async () => {
      const { role, clock } = await status(port)
      return role === 'child' || clock.mode === 'clock' || undefined
    })
  }
  return { network, process, ports, status }
}

test('TLS: clock, servers and the drawing of them', async (t) => {
  const authority = new TestAuthority()
  t.teardown(() => authority.end())
  const { cert, key, ca } = authority.issue()
  const flags = ['--tls-cert', cert, '--tls-key', key, '--tls-ca', ca]
  const { network, process, ports } = await startUp(t, 2, flags)
  const trusted = readFileSync(ca, 'utf8')
  const connection = await connect({ servers: [`localhost:${ports[1]}`], tls: { ca: trusted } })
  await connection.send({ text: 'safe' })
  await connection.close()

  const tree = network.start('tree', 0, ['tree', '--json', ...flags])
  t.is(await tree.ended, 0, tree.printed())
  t.is((JSON.parse(tree.printed()) as { servers: unknown[] }).servers.length, 2)
  const plain = new LineClient(t, ports[0]!)
  t.regex(String((await plain.ask(login))['info']), /this server speaks TLS only/)

  process.child.kill('SIGINT')
  t.is(await process.ended, 0)
})

test('TLS with a key of another certificate: refused before anything starts', async (t) => {
  const authority = new TestAuthority()
  t.teardown(() => authority.end())
  const { cert, ca } = authority.issue()
  const network = new RealNetwork(t)
  const files = network.tlsFlags({ cert, key: authority.issue().key, ca })
  const process = network.start('up', 0, ['up', ...files])
  t.is(await process.ended, 2)
  t.regex(process.printed(), /^error: TLS cannot be spoken with/)
})

test('retention: how much is kept, and what users who were away are given', async (t) => {
  const flags = ['--retention-bytes', '200KiB', '--backlog-age', '1h', '--offline', 'all']
  const { ports, status } = await startUp(t, 2, flags)
  const [first, second] = ports.map((port) => `localhost:${port}`)
  const ann = { username: 'ann', secret: "ann's" }
  await register({ servers: [first!], ...ann })
  const publisher = await connect({ servers: [first!] })
  t.teardown(() => publisher.close({ now: true }))
  const before = await connect({ servers: [second!], ...ann })
  await before.close()

  await publisher.send({ text: 'after she had gone' })
  const after = new LineClient(t, ports[1]!)
  after.say({ command: 'LOGIN', ...ann })
  const { activity } = await after.take('ACTIVITY_BROADCAST')
  t.is((activity as { text?: unknown }).text, 'after she had gone')

  const long = 'x'.repeat(10_000)
  for (let n = 0; n < 40; n++) await publisher.send({ long })
  for (const port of ports) {
    await eventually(`${port} has dropped what is too much`, async () => {
      const { log } = await status(port)
      return (log.first > 1 && log.bytes <= 200 * 1_024) || undefined
    })
  }
})

test('limits and --no-balance: at every server', async (t) => {
  const { network, ports, status } = await startUp(t, 2, ['--no-balance', '--max-rate', '20'])
  const clients = ports.flatMap((port, at) => Array.from({ length: at * 4 }, () => new LineClient(t, port)))
  clients.push(new LineClient(t, ports[0]!))
  for (const client of clients) t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
  const startedMs = performance.now()
  const [at, elsewhere] = [clients[0]!, clients.at(-1)!]
  for (const client of [at, elsewhere]) for (let n = 0; n < 40; n++) client.say(hello)
  const got = (client: LineClient): number =>
    client.lines.filter(({ command }) => command === 'ACTIVITY_BROADCAST').length
  await eventually('all came', () => clients.every((client) => got(client) >= 80) || undefined)
  // 20 at once, and 20 of each in the second after it: no busy machine makes that faster.
  t.true(performance.now() - startedMs > 900)
  t.is((await status(ports[1]!)).clients, 4, 'no client was sent to the other server, which has one')
  t.true(clients.every(({ lines }) => lines.every(({ command }) => command !== 'REDIRECT')))
  t.deepEqual(
    network.started().map(({ port }) => port),
    ports,
  )
})

/** One server, one client there, and one at a server that was started for it, which is returned. */
async function grown(t: ExecutionContext): Promise<Up & { started: { port: number; pid: number } }> {
  const up = await startUp(t, 1, ['--max-clients', '1', '--autoscale', '--autoscale-max', '2'])
  const [port] = up.ports
  t.is((await up.status(port!)).maxClients, 1)
  await new LineClient(t, port!).ask(login)
  const second = new LineClient(t, port!)
  second.say(login)
  const redirect = await second.take('REDIRECT')
  const started = up.network.started().find((server) => server.port === redirect['port'])!
  const third = new LineClient(t, started.port)
  t.is((await third.ask(login))['command'], 'LOGIN_SUCCESS')
  return { ...up, started }
}

test('growth: what was started ends in order with the others', async (t) => {
  const { network, process, started, ports, status } = await grown(t)
  t.deepEqual(
    (await status(ports[0]!)).children.map(({ address }) => address.port),
    [started.port],
  )
  const refused = new LineClient(t, ports[0]!)
  t.regex(String((await refused.ask(login))['info']), /2 servers/, 'at most two were asked for')
  process.child.kill('SIGINT')
  t.is(await process.ended, 0)
  // Only the system may still have to take note of it.
  await eventually('it has ended', () => !isRunning(started.pid) || undefined)
  t.regex(readFileSync(`${network.folder}/started-${started.port}.log`, 'utf8'), /left the network in order/)
})

test('growth: what was started ends with a jwp up that is killed', async (t) => {
  const { process, started } = await grown(t)
  process.child.kill('SIGKILL')
  await eventually('it has ended', () => !isRunning(started.pid) || undefined)
  t.pass()
})
