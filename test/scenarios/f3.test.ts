/** F3: a second registration of the same name at another server fails. */
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('F3: a name is registered once in the whole network', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const b = await network.startServer('b', 'a')
  t.is(
    (await new LineClient(t, a.port).ask({ command: 'REGISTER', username: 'aaron', secret: 'x' }))['command'],
    'REGISTER_SUCCESS',
  )

  const second = new LineClient(t, b.port)
  const answer = await second.ask({ command: 'REGISTER', username: 'aaron', secret: 'y' })
  t.deepEqual(answer, { command: 'REGISTER_FAILED', info: 'aaron is already registered with the system' })
  await second.untilClosed()
})

test('F3: of two registrations at once, at two servers, exactly one succeeds', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const b = await network.startServer('b', 'a')
  for (let round = 0; round < 5; round++) {
    const clients = [a, b].map(({ port }) => new LineClient(t, port))
    const answers = await Promise.all(
      clients.map((client, i) =>
        client.ask({ command: 'REGISTER', username: `twin${round}`, secret: `s${i}` }),
      ),
    )
    t.deepEqual(answers.map((answer) => answer['command']).sort(), ['REGISTER_FAILED', 'REGISTER_SUCCESS'])
  }
})
