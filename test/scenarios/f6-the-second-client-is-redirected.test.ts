/** F6: two servers; two clients log in at the first; the second client is redirected. */
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { untilEven } from '../support/loads.js'
import { RealNetwork } from '../support/real-network.js'

const login = { command: 'LOGIN', username: 'anonymous' }

test('F6: the second of two clients at one server is redirected to the other', async (t) => {
  const network = new RealNetwork(t)
  network.balance = true
  await network.startClock()
  const a = await network.startServer('a')
  const b = await network.startServer('b', 'a')
  const first = new LineClient(t, a.port)
  t.is((await first.ask(login))['command'], 'LOGIN_SUCCESS')
  const second = new LineClient(t, a.port)
  second.say(login)
  await second.take('LOGIN_SUCCESS')
  const { hostname, port } = await second.take('REDIRECT')
  t.deepEqual({ hostname, port }, { hostname: 'localhost', port: b.port })
  await second.untilClosed()

  const again = new LineClient(t, b.port)
  t.is((await again.ask(login))['command'], 'LOGIN_SUCCESS')
  await untilEven(network, ['a', 'b'], 2)
  first.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'hello' } })
  const heard = await Promise.all([first, again].map((client) => client.take('ACTIVITY_BROADCAST')))
  for (const { activity } of heard) t.is((activity as { text?: unknown }).text, 'hello')
  t.is((await network.metrics('a'))['jwp_redirected_clients_total'], 1)
  t.is((await network.metrics('b'))['jwp_redirected_clients_total'], 0)
})

test('F6: no client is redirected to a server that is dead', async (t) => {
  const network = new RealNetwork(t)
  network.balance = true
  await network.startClock()
  const a = await network.startServer('a')
  await network.startServer('b', 'a')
  // It is not gone, but gives no answers: for a while the tree still counts on it.
  network.server('b').child.kill('SIGSTOP')
  const clients = [new LineClient(t, a.port), new LineClient(t, a.port)]
  for (const client of clients) t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
  await network.untilShape('a')
  clients[0]!.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'hello' } })
  for (const client of clients) {
    const { activity } = await client.take('ACTIVITY_BROADCAST')
    t.is((activity as { text?: unknown }).text, 'hello')
    t.false(client.closed)
  }
  t.is((await network.metrics('a'))['jwp_redirected_clients_total'], 0)
})

test('--no-balance: clients stay where they log in', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  await network.startServer('b', 'a')
  const clients = Array.from({ length: 4 }, () => new LineClient(t, a.port))
  for (const client of clients) t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
  clients[0]!.say({ command: 'ACTIVITY_MESSAGE', activity: {} })
  await Promise.all(clients.map((client) => client.take('ACTIVITY_BROADCAST')))
  t.is((await network.status('a'))?.clients, 4)
})
