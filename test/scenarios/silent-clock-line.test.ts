/** The line between a root and its only clock goes dead without a word: another one is opened. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { HangingRelay } from '../support/hanging-relay.js'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('a connection to the clock that hangs is given up, and a new one serves', async (t) => {
  const network = new RealNetwork(t)
  const clock = await network.startClock()
  const relay = await HangingRelay.before(t, clock.port)
  network.clockPlaces = `127.0.0.1:${relay.port}`
  const { port } = await network.startServer('a')
  const client = new LineClient(t, port)
  await client.ask({ command: 'LOGIN', username: 'anonymous' })
  let n = 0
  const untilMode = (wanted: string): Promise<true> =>
    eventually(`the root's time is ${wanted}`, async () => {
      client.say({ command: 'ACTIVITY_MESSAGE', activity: { n: ++n } })
      return (await network.status('a'))?.clock.mode === wanted ? true : undefined
    })
  await untilMode('clock')
  t.is(relay.connections, 1)
  for (let times = 0; times < 2; times++) {
    relay.hang()
    await untilMode('hybrid')
    await untilMode('clock')
    t.is(relay.connections, 1)
  }
})
