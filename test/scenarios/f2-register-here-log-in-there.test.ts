/** F2: register at one server, start a new server, log in there. */
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('F2: a user who registered before a server joined logs in at it', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const registering = new LineClient(t, a.port)
  const registered = await registering.ask({ command: 'REGISTER', username: 'aaron', secret: 'sesame' })
  t.is(registered['command'], 'REGISTER_SUCCESS')

  const b = await network.startServer('b', 'a')
  const client = new LineClient(t, b.port)
  const answer = await client.ask({ command: 'LOGIN', username: 'aaron', secret: 'sesame' })
  t.deepEqual(answer, { command: 'LOGIN_SUCCESS', info: 'logged in as user aaron' })

  const impostor = new LineClient(t, b.port)
  t.is(
    (await impostor.ask({ command: 'LOGIN', username: 'aaron', secret: 'wrong' }))['command'],
    'LOGIN_FAILED',
  )
  await impostor.untilClosed()
})
