/**
 * J7: a client logs in at a server that has never heard of it; a wrong secret is denied everywhere; unknown names are
 * denied only after every branch has denied.
 */
import { createHash } from 'node:crypto'
import test from 'ava'
import { eventually } from '@jwp/transport'
import { flood } from '../support/flood.js'
import { LineClient, type Line } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'
import { SlowLine } from '../support/slow-line.js'

const letters = ['a', 'b', 'c', 'd', 'e', 'f']
/** No server is taken for dead because it is stopped. */
const patient = ['--silence-limit', '60s']

test('J7: a user who has just registered can log in at every server, and never with a wrong secret', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const at = (letter: string): LineClient => new LineClient(t, network.server(letter).port)
  for (const [k, letter] of letters.entries()) {
    const username = `user of ${letter}`
    t.like(await at(letter).ask({ command: 'REGISTER', username, secret: `sesame ${k}` }), {
      command: 'REGISTER_SUCCESS',
    })
    const answers = await Promise.all(
      letters.flatMap((other) => [
        at(other).ask({ command: 'LOGIN', username, secret: `sesame ${k}` }),
        at(other).ask({ command: 'LOGIN', username, secret: `sesame ${k + 1}` }),
      ]),
    )
    const right = { command: 'LOGIN_SUCCESS', info: `logged in as user ${username}` }
    const wrong = { command: 'LOGIN_FAILED', info: `wrong secret for ${username}` }
    t.deepEqual(
      answers,
      letters.flatMap(() => [right, wrong]),
    )
  }
})

test('J7: a server whose log is far behind lets in users that its parent knows, and no others', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a', undefined, patient)
  await flood(a.port, { count: 10_000, textBytes: 10_000 })
  const register = { command: 'REGISTER', username: 'aaron', secret: 'sesame' }
  t.is((await new LineClient(t, a.port).ask(register))['command'], 'REGISTER_SUCCESS')

  // A log of 100 MB, and aaron at its end.
  const line = await SlowLine.to(t, a.port, { bytesPerSecond: 5_000_000, mostBytes: 80_000_000 })
  const b = await network.startServer('b', 'a', patient, { throughPort: line.port })
  const hasHeard = async (): Promise<boolean> => (await network.status('b'))!.users > 0
  t.false(await hasHeard(), 'b has not heard of any user yet')
  const session = '0123456789abcdef'.repeat(2)
  const publisher = createHash('sha256').update(`jwp session ${session} aaron`).digest('hex').slice(0, 32)
  const logIn = (secret: string): Promise<Line> =>
    eventually('it is decided', async () => {
      const answer = await new LineClient(t, b.port).ask({
        command: 'LOGIN',
        ...{ username: 'aaron', secret },
        // Who shows what it has seen need not wait for its own login to come down the log.
        ...{ features: ['resume'], resume: { session, publisher, lineage: [] } },
      })
      return String(answer['info']).startsWith('not decided') ? undefined : answer
    })
  const [right, wrong] = await Promise.all([logIn('sesame'), logIn('guess')])
  t.false(await hasHeard(), 'it has asked its parent')
  t.like(right, { command: 'LOGIN_SUCCESS', info: 'logged in as user aaron' })
  t.deepEqual(wrong, { command: 'LOGIN_FAILED', info: 'wrong secret for aaron' })

  line.hurry()
  await eventually('b has heard of aaron', async () => ((await hasHeard()) ? true : undefined))
  const plain = await new LineClient(t, b.port).ask({ ...register, command: 'LOGIN' })
  t.is(plain['command'], 'LOGIN_SUCCESS')
})

test('J7: an unknown name is denied only when every branch has denied; one that dies is counted out', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a', undefined, patient)
  await network.startServer('b', 'a', patient)
  const d = await network.startServer('d', 'b', patient)
  const askAt = async (): Promise<LineClient> => {
    const before = (await network.status('a'))!.log.applied
    const client = new LineClient(t, a.port)
    client.say({ command: 'LOGIN', username: 'stranger', secret: 'x' })
    await eventually('the log has told a all that it knows', async () =>
      (await network.status('a'))!.log.applied > before ? true : undefined,
    )
    // The network is well, and takes messages: it is not that which is waited for.
    const other = new LineClient(t, a.port)
    await other.ask({ command: 'LOGIN', username: 'anonymous' })
    other.say({ command: 'ACTIVITY_MESSAGE', activity: {} })
    await other.take('ACTIVITY_BROADCAST')
    t.deepEqual(client.lines, [], 'd has not answered')
    return client
  }
  const denied = { command: 'LOGIN_FAILED', info: 'stranger is not registered' }

  d.child.kill('SIGSTOP')
  const first = await askAt()
  d.child.kill('SIGCONT')
  t.deepEqual(await first.take('LOGIN_FAILED'), denied)

  d.child.kill('SIGSTOP')
  const second = await askAt()
  await network.kill('d')
  t.deepEqual(await second.take('LOGIN_FAILED'), denied)
})
