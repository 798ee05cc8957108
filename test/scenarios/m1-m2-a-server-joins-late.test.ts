/** M1: a server joins after clients have registered, and knows them. M2: and they cannot be registered again at it. */
import test from 'ava'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('M1, M2: a server that joins late knows all registered users', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const names = ['ann', 'bob', 'cid']
  for (const username of names) {
    t.is(
      (await new LineClient(t, a.port).ask({ command: 'REGISTER', username, secret: `of ${username}` }))[
        'command'
      ],
      'REGISTER_SUCCESS',
    )
  }

  const b = await network.startServer('b', 'a')
  const c = await network.startServer('c', 'b')
  for (const { port } of [b, c]) {
    for (const username of names) {
      const login = await new LineClient(t, port).ask({
        command: 'LOGIN',
        username,
        secret: `of ${username}`,
      })
      t.is(login['command'], 'LOGIN_SUCCESS', `M1: ${username} at ${port}`)
      const again = await new LineClient(t, port).ask({ command: 'REGISTER', username, secret: 'other' })
      t.is(again['command'], 'REGISTER_FAILED', `M2: ${username} at ${port}`)
    }
  }
})
