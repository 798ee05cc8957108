/** D3: a whole network that is ended in order and started again with `jwp up --data` goes on where it ended. */
import { join } from 'node:path'
import { eventually, freePort } from '@jwp/transport'
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('D3: a user of a network knows its secret after all of it was ended and started again', async (t) => {
  const network = new RealNetwork(t)
  const port = await freePort()
  const up = async () => {
    const started = network.start('up', port, [
      'up',
      ...['--servers', '1', '--port-base', String(port), '--clock-port', String(await freePort())],
      ...['--data', join(network.folder, 'data')],
    ])
    await eventually('it is up', () => (/1 server up/.test(started.printed()) ? true : undefined))
    return started
  }
  const first = await up()
  const registering = new LineClient(t, port)
  const registered = await registering.ask({ command: 'REGISTER', username: 'aaron', secret: 'sesame' })
  t.is(registered['command'], 'REGISTER_SUCCESS')
  first.child.kill('SIGTERM')
  t.is(await first.ended, 0)

  const second = await up()
  const client = new LineClient(t, port)
  const answer = await client.ask({ command: 'LOGIN', username: 'aaron', secret: 'sesame' })
  t.deepEqual(answer, { command: 'LOGIN_SUCCESS', info: 'logged in as user aaron' })
  const impostor = new LineClient(t, port)
  t.is(
    (await impostor.ask({ command: 'LOGIN', username: 'aaron', secret: 'wrong' }))['command'],
    'LOGIN_FAILED',
  )
  second.child.kill('SIGTERM')
  t.is(await second.ended, 0)
})
