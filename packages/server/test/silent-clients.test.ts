/** Clients whose line is cut without a word: given up after a bound, with features by PING. */
import { eventually, Relay } from '@jwp/transport'
import test from 'ava'
import { serve, Talker } from './support/server-under-test.js'

const login = { command: 'LOGIN', username: 'anonymous', features: ['ack', 'presence'] }

test('a client with features that does not answer PING is given up, and one that does stays', async (t) => {
  const server = await serve(t, { clientSilenceMs: 1_000 })
  const relay = await Relay.listen({ target: { host: '127.0.0.1', port: server.port } })
  t.teardown(() => relay.close())
  const cut = new Talker(t, { port: relay.port })
  const [alive, plain] = [new Talker(t, server), new Talker(t, server)]
  for (const client of [cut, alive]) t.is((await client.ask(login))['command'], 'LOGIN_SUCCESS')
  await plain.loginAnonymously()
  relay.setFlow(() => ({ toTarget: false, fromTarget: false }))
  let asked = 0
  await eventually('the one behind the cut is gone', () => {
    for (const { command } of alive.lines.splice(0))
      if (command === 'PING') {
        asked++
        alive.say({ command: 'PONG' })
      }
    return server.status().clients === 2 || undefined
  })
  t.true(asked > 0)
  t.false(alive.closed)
  t.false(plain.closed, 'who asked for no features hears no PING, and is left to the system')
  t.deepEqual(plain.lines, [])
})
