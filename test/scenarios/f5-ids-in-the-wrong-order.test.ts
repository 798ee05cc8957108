/** F5: two activities of one sender that reach a server in the wrong order (ids 2, then 1) are delivered in sending order. */
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('F5: the order of sending is the order of delivery, at every server', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const b = await network.startServer('b', 'a')
  const reader = new LineClient(t, a.port)
  await reader.ask({ command: 'LOGIN', username: 'anonymous' })
  const sender = new LineClient(t, b.port)
  await sender.ask({ command: 'LOGIN', username: 'anonymous', features: ['ack'] })

  sender.say({ command: 'ACTIVITY_MESSAGE', id: 2, activity: { text: 'second' } })
  sender.say({ command: 'ACTIVITY_MESSAGE', id: 1, activity: { text: 'first' } })
  for (const client of [reader, sender]) {
    const texts = [await client.take('ACTIVITY_BROADCAST'), await client.take('ACTIVITY_BROADCAST')].map(
      (line) => (line['activity'] as { text: string }).text,
    )
    t.deepEqual(texts, ['first', 'second'])
  }
  t.deepEqual(await sender.take('ACTIVITY_ACK'), { command: 'ACTIVITY_ACK', id: 2, level: 'logged' })
})
