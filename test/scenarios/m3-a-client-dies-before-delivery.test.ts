/**
 * M3: a client dies after a message was sent and before it got it, by kill -9, alone or with its server. At its next
 * login, at any server, it gets the message: once, and in order.
 */
import test, { type ExecutionContext } from 'ava'
import type { Connection } from '@jwp/client'
import { LineClient, type Line } from '../support/line-client.js'
import {
  kill,
  NamedClients,
  printedTexts,
  secretOf,
  untilOnline,
  untilPrinted,
} from '../support/named-clients.js'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'

interface Stage {
  readonly network: RealNetwork
  readonly clients: NamedClients
  /** At the root. */
  readonly observer: Connection
}

/** Root a with b and c below it, and ann registered. */
async function setUp(t: ExecutionContext, flags: readonly string[] = []): Promise<Stage> {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a', undefined, flags)
  await Promise.all([network.startServer('b', 'a', flags), network.startServer('c', 'a', flags)])
  const clients = new NamedClients(t, network)
  const observer = await clients.observeAt('a')
  await clients.register('ann', 'b')
  return { network, clients, observer }
}

/** Ann has 'before', and does not get 'meanwhile' any more. */
async function dieWith(stage: Stage, alsoServer: boolean): Promise<void> {
  const { network, clients, observer } = stage
  const first = await clients.start('ann', 'b', observer)
  await observer.send({ text: 'before' })
  await untilPrinted(first, 'before')
  first.child.kill('SIGSTOP')
  await observer.send({ text: 'meanwhile' })
  if (alsoServer) network.server('b').child.kill('SIGKILL')
  await kill(first)
  if (alsoServer) await network.server('b').ended
}

/** What she gets next time: at most the last moments before her death come twice. */
function judge(t: ExecutionContext, next: JwpProcess, expected: readonly string[]): void {
  const texts = printedTexts(next)
  t.deepEqual(
    texts.filter((text, k) => k > 0 || text !== 'before'),
    expected,
  )
}

for (const alsoServer of [false, true]) {
  test.serial(
    `M3: ${alsoServer ? 'a client and its server die' : 'a client dies'}, and it gets at its next login what it had not got`,
    async (t) => {
      const stage = await setUp(t)
      const { clients, observer } = stage
      await dieWith(stage, alsoServer)
      await untilOnline(observer, 'ann', false)
      await observer.send({ text: 'after she had gone' })
      const next = await clients.start('ann', 'c', observer)
      await observer.send({ text: 'now' })
      await untilPrinted(next, 'now')
      judge(t, next, ['meanwhile', 'now'])

      // What she has handled does not come again.
      next.child.kill('SIGTERM')
      await next.ended
      await untilOnline(observer, 'ann', false)
      const third = await clients.start('ann', 'a', observer)
      await observer.send({ text: 'once more' })
      await untilPrinted(third, 'once more')
      t.deepEqual(printedTexts(third), ['once more'])
    },
  )
}

for (const [policy, expected] of [
  ['all', ['meanwhile', 'after she had gone', 'now']],
  ['none', ['now']],
] as const) {
  test.serial(`M3: --offline ${policy}`, async (t) => {
    const stage = await setUp(t, ['--offline', policy])
    const { clients, observer } = stage
    await dieWith(stage, false)
    await untilOnline(observer, 'ann', false)
    await observer.send({ text: 'after she had gone' })
    const next = await clients.start('ann', 'c', observer)
    await observer.send({ text: 'now' })
    await untilPrinted(next, 'now')
    if (policy === 'none') t.deepEqual(printedTexts(next), expected)
    else judge(t, next, expected)
  })
}

const textOf = (line: Line): string => (line['activity'] as { text: string }).text
const login = { command: 'LOGIN', username: 'ann', secret: secretOf('ann') }

test.serial('M3: a plain client whose server dies gets the rest at another one', async (t) => {
  const { network, observer } = await setUp(t)
  const first = new LineClient(t, network.server('b').port)
  await first.ask(login)
  await untilOnline(observer, 'ann', true)
  await observer.send({ text: 'before' })
  t.is(textOf(await first.take('ACTIVITY_BROADCAST')), 'before')
  // Its server passes on nothing any more; the log knows that later.
  network.server('b').child.kill('SIGSTOP')
  await observer.send({ text: 'meanwhile' })
  await network.kill('b')
  const next = new LineClient(t, network.server('c').port)
  t.is((await next.ask(login))['command'], 'LOGIN_SUCCESS')
  await observer.send({ text: 'now' })
  const texts: string[] = []
  while (texts.at(-1) !== 'now') texts.push(textOf(await next.take('ACTIVITY_BROADCAST')))
  t.deepEqual(
    texts.filter((text, k) => k > 0 || text !== 'before'),
    ['meanwhile', 'now'],
  )
})

test.serial(
  'the users of a server that dies are offline for all clients, and come back with a server that was only cut off',
  async (t) => {
    const { network, clients, observer } = await setUp(t)
    await clients.register('bob', 'c')
    const atC = await clients.observeAt('c')
    const told: string[] = []
    atC.on('presence', ({ username, online }) => told.push(`${username} ${online}`))
    const ann = new LineClient(t, network.server('b').port)
    await ann.ask(login)
    const bob = new LineClient(t, network.server('c').port)
    await bob.ask({ ...login, username: 'bob', secret: secretOf('bob') })
    for (const each of [observer, atC])
      await Promise.all([untilOnline(each, 'ann', true), untilOnline(each, 'bob', true)])

    network.server('b').child.kill('SIGSTOP')
    await Promise.all([observer, atC].map((each) => untilOnline(each, 'ann', false)))
    network.server('b').child.kill('SIGCONT')
    await Promise.all([observer, atC].map((each) => untilOnline(each, 'ann', true)))
    t.false(ann.closed)
    await observer.send({ text: 'welcome back' })
    t.is(textOf(await ann.take('ACTIVITY_BROADCAST')), 'welcome back')

    await network.kill('b')
    await Promise.all([observer, atC].map((each) => untilOnline(each, 'ann', false)))
    t.deepEqual(
      told.filter((text) => text.startsWith('ann')),
      ['ann true', 'ann false', 'ann true', 'ann false'],
    )
    t.true(observer.online.has('bob'))
  },
)
