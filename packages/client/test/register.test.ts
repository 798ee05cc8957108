/** Registering a name, with servers that answer as a script says. */
import test from 'ava'
import { register, RegisterFailed } from '@jwp/client'
import { ScriptedServer } from './support/scripted-server.js'

const aaron = { username: 'aaron', secret: 'correct horse' }

const answering = (command: string, info: string) =>
  ScriptedServer.start((_line, connection) => {
    connection.writeCommand({ command, info })
  })

test('a name is registered', async (t) => {
  const server = await answering('REGISTER_SUCCESS', 'register success for aaron')
  t.teardown(() => server.stop())
  await register({ servers: [server.address], ...aaron })
  t.deepEqual(server.heard, [{ command: 'REGISTER', ...aaron }])
})

test('a name that is taken fails in the words of the server', async (t) => {
  const info = 'aaron is already registered with the system'
  const server = await answering('REGISTER_FAILED', info)
  t.teardown(() => server.stop())
  const failing = register({ servers: [server.address], ...aaron })
  await t.throwsAsync(failing, { instanceOf: RegisterFailed, message: info })
})

test('a server that is not there is passed over', async (t) => {
  const dead = await ScriptedServer.start()
  const alive = await answering('REGISTER_SUCCESS', 'register success for aaron')
  t.teardown(() => alive.stop())
  const servers = [dead.address, alive.address]
  await dead.stop()
  await register({ servers, ...aaron })
  t.is(alive.heard.length, 1)
})

test('a server that dies before its answer leaves it open', async (t) => {
  const server = await ScriptedServer.start((_line, _connection, dying) => {
    dying.dropConnections()
  })
  t.teardown(() => server.stop())
  const failing = register({ servers: [server.address], ...aaron })
  await t.throwsAsync(failing, { instanceOf: RegisterFailed, message: /may have been registered/ })
})
