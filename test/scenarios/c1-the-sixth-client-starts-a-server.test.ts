/** C1: six clients with `--max-clients 5 --autoscale` and one server: a second server appears and the sixth client is on it. */
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient, type Line } from '../support/line-client.js'
import { isRunning, RealNetwork } from '../support/real-network.js'

const login = { command: 'LOGIN', username: 'anonymous' }

async function fill(t: ExecutionContext, port: number, count: number): Promise<LineClient[]> {
  const clients: LineClient[] = []
  for (let i = 0; i < count; i++) {
    const client = new LineClient(t, port)
    t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
    clients.push(client)
  }
  return clients
}

interface Outcome {
  readonly client: LineClient
  /** Where it is in the end, in or not. */
  readonly port: number
  readonly refusal: unknown
}

/** Logs in, and goes where it is sent. */
async function logInSomewhere(t: ExecutionContext, port: number): Promise<Outcome> {
  for (let at = port; ;) {
    const client = new LineClient(t, at)
    client.say(login)
    const answer = await eventually('an answer', () => client.lines.shift())
    if (answer['command'] === 'LOGIN_FAILED') return { client, port: at, refusal: answer['info'] }
    t.is(answer['command'], 'LOGIN_SUCCESS')
    // No other line can come before it: a client that stays gets its own message.
    client.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'am I in?' } })
    const next = await eventually('it is in, or sent on', () => client.lines.shift())
    if (next['command'] !== 'REDIRECT') return { client, port: at, refusal: undefined }
    await client.untilClosed()
    at = Number(next['port'])
  }
}

const text = (line: Line): unknown => (line['activity'] as { text?: unknown }).text

test('C1: the sixth client is on a server that was started for it', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a', undefined, ['--max-clients', '5', '--autoscale'])
  const five = await fill(t, a.port, 5)
  t.deepEqual(network.started(), [])

  const sixth = await logInSomewhere(t, a.port)
  const [second, ...more] = network.started()
  t.deepEqual(more, [])
  t.is(sixth.port, second!.port)
  t.is((await network.status('a'))!.clients, 5)
  for (const client of five) t.is(text(await client.take('ACTIVITY_BROADCAST')), 'am I in?')
  five[0]!.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'from the first server' } })
  t.is(text(await sixth.client.take('ACTIVITY_BROADCAST')), 'from the first server')
  t.regex(a.printed(), /starting another server: this one is full/)
})

test('C1: the server that was started is killed: its clients get another one', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a', undefined, ['--max-clients', '1', '--autoscale'])
  await fill(t, a.port, 1)
  const second = await logInSomewhere(t, a.port)
  process.kill(network.started()[0]!.pid, 'SIGKILL')
  await second.client.untilClosed()
  const third = await logInSomewhere(t, a.port)
  t.not(third.port, a.port)
})

test('C1: a command that fails: clear words, and nothing is lost', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const flags = ['--max-clients', '1', '--autoscale', '--autoscale-command']
  const a = await network.startServer('a', undefined, [...flags, 'echo no room in the cloud; exit 7'])
  const [first] = await fill(t, a.port, 1)
  for (let i = 0; i < 2; i++) {
    const client = new LineClient(t, a.port)
    t.deepEqual(await client.ask(login), {
      command: 'LOGIN_FAILED',
      info: 'not decided: all servers are full, and starting another failed (the command: it ended with exit code 7), try again later',
    })
    await client.untilClosed()
  }
  first!.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'still here' } })
  t.is(text(await first!.take('ACTIVITY_BROADCAST')), 'still here')
  await eventually('the log tells why', () => /no room in the cloud/.test(a.printed()) || undefined)
  t.is(a.printed().match(/starting another server: this one/g)!.length, 1, 'not once for each client')
})

test('C1: a command starts a server, with what is in its environment', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const jwp = `${process.execPath} packages/cli/bin/jwp.js`
  const command = `${jwp} server -lp $JWP_PORT -lh $JWP_HOST -rh $JWP_PARENT_HOST -rp $JWP_PARENT_PORT --clock $JWP_CLOCK --max-clients $JWP_MAX_CLIENTS --end-when-idle $JWP_END_WHEN_IDLE`
  const flags = ['--max-clients', '1', '--autoscale', '--autoscale-command', command]
  const a = await network.startServer('a', undefined, flags)
  await fill(t, a.port, 1)
  const { port } = await logInSomewhere(t, a.port)
  t.deepEqual(
    network.started().map((server) => server.port),
    [port],
  )
})

test('C1: never more servers than --autoscale-max', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const flags = ['--max-clients', '1', '--autoscale', '--autoscale-max', '3']
  const a = await network.startServer('a', undefined, flags)
  await fill(t, a.port, 1)
  // Both at once, and the second at a server that was itself started.
  const second = await logInSomewhere(t, a.port)
  const asked = await Promise.all([a.port, second.port].map((port) => logInSomewhere(t, port)))
  t.deepEqual(asked.map(({ refusal }) => refusal).sort(), [
    'not decided: all 3 servers are full, and there may be no more, try again later',
    undefined,
  ])
  t.is(network.started().length, 2)
})

test('C1: what was started ends by itself when it is not needed', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const flags = ['--max-clients', '1', '--autoscale', '--autoscale-idle', '2s']
  const a = await network.startServer('a', undefined, flags)
  const [first] = await fill(t, a.port, 1)
  const { client } = await logInSomewhere(t, a.port)
  const { pid } = network.started()[0]!
  client.say({ command: 'LOGOUT' })
  await eventually('the started server has ended', () => (isRunning(pid) ? undefined : true))
  t.is((await network.status('a'))!.children.length, 0)
  first!.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'still here' } })
  for (const said of ['am I in?', 'still here']) t.is(text(await first!.take('ACTIVITY_BROADCAST')), said)
})
