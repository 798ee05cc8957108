/** Every line of a log stands under the name of the server that wrote it. */
import test from 'ava'
import { asPublisherId } from '@jwp/protocol'
import { PassThrough } from 'node:stream'
import { ServerLog } from '#dist/shell/server-log.js'

async function linesOf(json: boolean, write: (log: ServerLog) => void): Promise<string[]> {
  const stream = new PassThrough()
  const log = new ServerLog('me', { json, stream })
  write(log)
  await log.close()
  return (stream.read() as Buffer).toString().trim().split('\n')
}

const gone = { event: 'users-gone', server: asPublisherId('other') } as const

test('an event about another server is logged under our own name', async (t) => {
  const [text] = await linesOf(false, (log) => {
    log.event(gone)
  })
  t.regex(text!, / me {2}no server of the tree is other/)
  const [json] = await linesOf(true, (log) => {
    log.event(gone)
  })
  t.like(JSON.parse(json!), { server: 'me', event_server: 'other', event: 'users-gone' })
})

test('no detail takes the place of what the logger says itself', async (t) => {
  const details = { level: 'x', message: 'x', timestamp: 'x', server: 'x', stack: 'x', port: 1 }
  const [json] = await linesOf(true, (log) => {
    log.info('text', details)
  })
  t.like(JSON.parse(json!), { level: 'info', message: 'text', server: 'me', port: 1, event_level: 'x' })
  t.not((JSON.parse(json!) as { timestamp: string }).timestamp, 'x')
})
