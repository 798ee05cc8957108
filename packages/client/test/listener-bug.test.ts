/** In a file of its own: this test catches all exceptions of its process, and must not catch those of other tests. */
import test from 'ava'
import { connect } from '@jwp/client'
import { ScriptedServer } from './support/scripted-server.js'

test('what a listener throws is the program to hear of, and disturbs nothing else', async (t) => {
  const server = await ScriptedServer.start()
  t.teardown(() => server.stop())
  const connection = await connect({ servers: [server.address] })
  const unexpected = new Promise<unknown>((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve)
  })
  connection.once('broadcast', () => {
    throw new Error('a bug in the listener')
  })
  t.like(await connection.send({ text: 'one' }), { id: 1 })
  t.like(await unexpected, { message: 'a bug in the listener' })
  process.setUncaughtExceptionCaptureCallback(null)
  t.like(await connection.send({ text: 'two' }), { id: 2 })
  await connection.close()
})
