/**
 * M3 for clients of the public protocol, which do not say what they have read. Their system does: a process that is killed with
 * unread data is reset, one that has read everything is not. What was written in the last second comes again, or nothing does.
 */
import type { Connection } from '@jwp/client'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient } from '../support/line-client.js'
import { NamedClients, secretOf, untilOnline } from '../support/named-clients.js'
import { PlainProcess } from '../support/plain-process.js'
import { RealNetwork } from '../support/real-network.js'

/** What was written so long ago counts as delivered for sure, in milliseconds: a second, and what servers round it by. */
const longAgoMs = 2_500
/** What was written so recently does not. */
const recentMs = 1_000
/** A machine that is busy may notice a death too late for it to count as recent: then it is tried again. */
const attempts = 10

interface Stage {
  readonly network: RealNetwork
  readonly observer: Connection
}

async function setUp(t: ExecutionContext): Promise<Stage> {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await Promise.all([network.startServer('b', 'a'), network.startServer('c', 'a')])
  const clients = new NamedClients(t, network)
  const observer = await clients.observeAt('a')
  await clients.register('ann', 'b')
  return { network, observer }
}

/** What she gets at her next login, at another server, up to `last`. */
async function nextLogin(t: ExecutionContext, { network, observer }: Stage, last: string): Promise<string[]> {
  const next = new LineClient(t, network.server('c').port)
  const login = { command: 'LOGIN', username: 'ann', secret: secretOf('ann') }
  t.is((await next.ask(login))['command'], 'LOGIN_SUCCESS')
  await observer.send({ text: last })
  const texts: string[] = []
  while (texts.at(-1) !== last) {
    const { activity } = await next.take('ACTIVITY_BROADCAST')
    texts.push((activity as { text: string }).text)
  }
  next.say({ command: 'LOGOUT' })
  await untilOnline(observer, 'ann', false)
  return texts
}

/** She reads 'long ago' and, when that counts as delivered, 'just now'. */
async function readSome(t: ExecutionContext, { network, observer }: Stage, k: number): Promise<PlainProcess> {
  const ann = await PlainProcess.start(t, network.server('b').port, 'ann')
  await untilOnline(observer, 'ann', true)
  await observer.send({ text: `long ago ${k}` })
  await ann.untilPrinted(`got long ago ${k}`)
  const readMs = performance.now()
  await eventually('that is long ago', () => performance.now() - readMs > longAgoMs || undefined)
  return ann
}

test.serial(
  'M3: a plain client is killed with unread data: the last second comes again, once, in order',
  async (t) => {
    const stage = await setUp(t)
    for (let k = 1; k <= attempts; k++) {
      const ann = await readSome(t, stage, k)
      const { observer } = stage
      const sinceMs = performance.now()
      await observer.send({ text: `just now ${k}` })
      await ann.untilPrinted(`got just now ${k}`)
      ann.stop()
      await observer.send({ text: `unread ${k}` })
      await ann.untilUnread()
      await ann.kill()
      await untilOnline(observer, 'ann', false)
      const isQuick = performance.now() - sinceMs < recentMs
      const texts = await nextLogin(t, stage, `now ${k}`)
      const recent = [`just now ${k}`, `unread ${k}`, `now ${k}`]
      if (isQuick) {
        t.deepEqual(texts, recent)
        return
      }
      // Whatever took so long: nothing comes twice or in another order, and nothing of long ago.
      t.deepEqual(texts, recent.slice(recent.length - texts.length))
    }
    t.log('this machine was never quick enough to see the last second')
  },
)

test.serial('M3: a plain client is killed that has read everything: nothing comes again', async (t) => {
  const stage = await setUp(t)
  const ann = await readSome(t, stage, 1)
  await stage.observer.send({ text: 'just now' })
  await ann.untilPrinted('got just now')
  await ann.kill()
  await untilOnline(stage.observer, 'ann', false)
  await stage.observer.send({ text: 'while she was away' })
  t.deepEqual(await nextLogin(t, stage, 'now'), ['now'])
})
