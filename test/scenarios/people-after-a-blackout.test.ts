/** All servers are killed at once while users are connected; with --data, presence and backlogs outlive them. */
import { join } from 'node:path'
import { connect } from '@jwp/client'
import test from 'ava'
import { eventually } from '@jwp/transport'
import { LineClient, type Line } from '../support/line-client.js'
import { NamedClients, secretOf, untilOnline } from '../support/named-clients.js'
import { RealNetwork } from '../support/real-network.js'

/** More than the library has under way at a time. */
const inBulk = 2_000

const numberOf = (line: Line): number => (line['activity'] as { n: number }).n
const numbersOf = (client: LineClient): number[] =>
  client.lines.filter((line) => line['command'] === 'ACTIVITY_BROADCAST').map(numberOf)

/** All numbers from the first of these to `last`, each once. */
const isOneRun = (numbers: readonly number[], last: number): boolean =>
  numbers.at(-1) === last && numbers.every((n, i) => n === numbers[0]! + i)

test('after a blackout only users who came back are online, and no user has missed anything', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const start = (letter: string, parent?: string) =>
    network.startServer(letter, parent, ['--data', join(network.folder, letter), '--data-sync', 'off'])
  const a = await start('a')
  const [b, c] = await Promise.all([start('b', 'a'), start('c', 'a')])
  const clients = new NamedClients(t, network)
  const publisher = await clients.observeAt('a')
  for (const username of ['ann', 'bob']) await clients.register(username, 'a')

  // Ann's program lives on, and reconnects; bob's ends together with its server.
  const ann = await connect({ servers: [`localhost:${b.port}`], username: 'ann', secret: secretOf('ann') })
  t.teardown(() => ann.close({ now: true }))
  const heardByAnn: number[] = []
  ann.on('broadcast', ({ activity }) => heardByAnn.push(Number(activity['n'])))
  const login = { command: 'LOGIN', username: 'bob', secret: secretOf('bob') }
  const bob = new LineClient(t, c.port)
  t.is((await bob.ask(login))['command'], 'LOGIN_SUCCESS')
  await untilOnline(publisher, 'bob', true)

  await publisher.send({ n: 1 })
  await eventually('bob has the first', () => numbersOf(bob).length === 1 || undefined)
  // Bob is connected while the second message comes into the log, and cannot have got it.
  c.child.kill('SIGSTOP')
  await publisher.send({ n: 2 })
  // Of these some are acknowledged, some on their way, some not even sent when the lights go out.
  const sent = Array.from({ length: inBulk - 2 }, (_, i) => publisher.send({ n: i + 3 }))
  await sent[0]
  await network.killEverything()
  await bob.untilClosed()
  const before = numbersOf(bob)

  await network.startClock()
  await Promise.all([start('a'), start('b', 'a'), start('c', 'a')])
  await network.untilOneTree('a', 'b', 'c')
  await Promise.all(sent)
  await untilOnline(publisher, 'bob', false)
  await untilOnline(publisher, 'ann', true)

  const next = new LineClient(t, a.port)
  next.say(login)
  t.is((await next.take('LOGIN_SUCCESS'))['missed'], undefined)
  await untilOnline(publisher, 'bob', true)
  await publisher.send({ n: inBulk + 1 })
  await eventually('bob has the last one', () => numbersOf(next).at(-1) === inBulk + 1 || undefined)
  // The first may come again, as it came in the last second. What was sent after bob had gone is not in the backlog.
  const after = numbersOf(next).slice(0, -1)
  t.deepEqual(before, [1])
  t.true(after.includes(2) && after[0]! <= 2)
  t.true(isOneRun(after, after.at(-1)!))

  await eventually('ann has the last one', () => heardByAnn.at(-1) === inBulk + 1 || undefined)
  t.true(isOneRun(heardByAnn, inBulk + 1))
  t.is(heardByAnn.length, inBulk + 1)
})
