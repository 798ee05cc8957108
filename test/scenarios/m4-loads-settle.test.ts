/** M4: ten clients on two servers; a third joins: loads settle within two of each other. And the other way round. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { Audience } from '../support/audience.js'
import { LineClient } from '../support/line-client.js'
import { untilEven } from '../support/loads.js'
import { RealNetwork } from '../support/real-network.js'

async function balanced(network: RealNetwork, ...letters: string[]): Promise<void> {
  network.balance = true
  await network.startClock()
  await network.startServer('a')
  for (const letter of letters) await network.startServer(letter, 'a')
}

test('M4: a third server gets its share of ten clients, and no client misses anything', async (t) => {
  const network = new RealNetwork(t)
  await balanced(network, 'b')
  const audience = new Audience(t, network)
  await audience.join(...'ababababab')
  await untilEven(network, ['a', 'b'], 10)
  await audience.publishSteadily()
  await network.startServer('c', 'a')
  await untilEven(network, ['a', 'b', 'c'], 10)
  t.true((await network.status('c'))!.clients >= 2)
  await audience.untilAcknowledged(200)
  await audience.judge()
})

test('M4: the clients of a server that is killed are spread over the others', async (t) => {
  const network = new RealNetwork(t)
  await balanced(network, 'b', 'c', 'd')
  const audience = new Audience(t, network)
  await audience.join(...'abcdabcdabcd')
  await untilEven(network, [...'abcd'], 12)
  await audience.publishSteadily()
  await network.kill('d')
  await untilEven(network, [...'abc'], 12)
  await audience.untilAcknowledged(200)
  await audience.judge()
})

test('M4: clients of the old protocol are moved, too, and get all that their server had before', async (t) => {
  const network = new RealNetwork(t)
  await balanced(network)
  const { port } = network.server('a')
  const clients = Array.from({ length: 8 }, () => new LineClient(t, port))
  for (const client of clients) await client.ask({ command: 'LOGIN', username: 'anonymous' })
  const [speaker] = clients
  speaker!.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'before' } })
  await network.startServer('b', 'a')
  const moved = await eventually('some are moved', () => {
    const closed = clients.filter((client) => client.closed)
    return closed.length >= 3 ? closed : undefined
  })
  const follow = async (client: LineClient): Promise<void> => {
    const { activity } = await client.take('ACTIVITY_BROADCAST')
    t.is((activity as { text?: unknown }).text, 'before')
    t.is((await client.take('REDIRECT'))['port'], network.server('b').port)
    const again = new LineClient(t, network.server('b').port)
    t.is((await again.ask({ command: 'LOGIN', username: 'anonymous' }))['command'], 'LOGIN_SUCCESS')
  }
  for (const client of moved) await follow(client)
  await eventually('no more are moved', async () => {
    const late = clients.filter((client) => client.closed && !moved.includes(client))
    for (const client of late) {
      moved.push(client)
      await follow(client)
    }
    const at = await network.status('a')
    return at?.clients === clients.length - moved.length ? true : undefined
  })
  await untilEven(network, ['a', 'b'], 8)
})
