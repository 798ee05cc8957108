/** Names that may not be registered, huge ones among them: a clear answer, and no other client notices. */
import { connect } from 'node:net'
import test from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { RealNetwork } from '../support/real-network.js'

test('a name of 10 MB is refused before all of it has come, and costs others nothing', async (t) => {
  const network = new RealNetwork(t)
  const a = await network.startServer('a')
  const witness = new LineClient(t, a.port)
  await witness.ask({ command: 'LOGIN', username: 'anonymous' })
  const huge = `{"command":"REGISTER","secret":"x","username":"${'x'.repeat(10_000_000)}"}\n`
  // The second never comes to its end: it is refused before it is whole.
  for (const text of [huge, huge.slice(0, 2_000_000)]) {
    const socket = connect(a.port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    let heard = ''
    // The rest of a line that is refused has nowhere to go: that the connection breaks under it is the point.
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
    socket.write(text)
    await eventually('it is answered', () => (heard.includes('\n') ? true : undefined))
    t.deepEqual(JSON.parse(heard), {
      command: 'INVALID_MESSAGE',
      info: 'a line is longer than 1048576 bytes',
    })
    await eventually('it is hung up on', () => (socket.closed ? true : undefined))
  }

  witness.say({ command: 'ACTIVITY_MESSAGE', activity: { text: 'still here' } })
  t.like(await witness.take('ACTIVITY_BROADCAST'), { activity: { text: 'still here' } })
})

test('names and secrets that may not be registered are refused in words', async (t) => {
  const network = new RealNetwork(t)
  const a = await network.startServer('a')
  const ask = async (command: object): Promise<string> => {
    const client = new LineClient(t, a.port)
    const answer = await client.ask({ secret: 'x', ...command })
    await client.untilClosed()
    return `${String(answer['command'])} ${String(answer['info'])}`
  }
  const register = (username: string): Promise<string> => ask({ command: 'REGISTER', username })
  t.is(await register('é'.repeat(65)), 'INVALID_MESSAGE a username has at most 128 bytes')
  t.regex(await register('an\u200bn'), /^REGISTER_FAILED .*cannot be registered: .* cannot be seen$/)
  t.regex(await register(' ann'), /^REGISTER_FAILED .*spaces/)
  t.regex(await register('\u0430nn'), /^REGISTER_FAILED .*look alike/)
  t.is(await register('ANONYMOUS'), 'REGISTER_FAILED ANONYMOUS cannot be registered')
  t.regex(
    await ask({ command: 'LOGIN', username: 'an\u200bn' }),
    /^LOGIN_FAILED .*is not registered, and cannot be/,
  )
  t.is(
    await ask({ command: 'REGISTER', username: 'ann', secret: 'a\u0000b' }),
    'REGISTER_FAILED ann was not registered: a secret has no control characters',
  )
  t.is(
    await ask({ command: 'REGISTER', username: 'ann', secret: '🌲'.repeat(257) }),
    'INVALID_MESSAGE a secret has at most 1024 bytes',
  )
  const longest = new LineClient(t, a.port)
  const account = { username: 'é'.repeat(64), secret: '🌲'.repeat(256) }
  t.like(await longest.ask({ command: 'REGISTER', ...account }), { command: 'REGISTER_SUCCESS' })
  t.like(await longest.ask({ command: 'LOGIN', ...account }), { command: 'LOGIN_SUCCESS' })
})
