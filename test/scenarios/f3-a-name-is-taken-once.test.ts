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

test('F3: of two registrations while the tree is apart, exactly one succeeds, and the other is told', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  const c = await network.startServer('c', 'a')
  await network.startServer('b', 'a')
  const d = await network.startServer('d', 'b')
  const names = ['ann', 'ben', 'cid', 'dan', 'eva', 'fay']
  // d's half of the tree is an orphan for a moment, and what is registered there goes up once it has a parent again.
  await network.kill('b')
  const outcomes = await Promise.all(
    names.map((username) =>
      Promise.all(
        [c, d].map(async ({ port }, k) => {
          const secret = `secret ${k}`
          const answer = await new LineClient(t, port).ask({ command: 'REGISTER', username, secret })
          return { secret, command: answer['command'], info: answer['info'] }
        }),
      ),
    ),
  )
  await network.untilShape('a c<a d<a')
  for (const [k, username] of names.entries()) {
    const [winner] = outcomes[k]!.filter(({ command }) => command === 'REGISTER_SUCCESS')
    const [loser] = outcomes[k]!.filter(({ command }) => command === 'REGISTER_FAILED')
    t.is(loser?.info, `${username} is already registered with the system`)
    for (const { port } of [c, d]) {
      const logIn = (secret: string | undefined): Promise<object> =>
        new LineClient(t, port).ask({ command: 'LOGIN', username, secret })
      t.like(await logIn(winner?.secret), { command: 'LOGIN_SUCCESS' })
      t.deepEqual(await logIn(loser?.secret), {
        command: 'LOGIN_FAILED',
        info: `wrong secret for ${username}`,
      })
    }
  }
})
