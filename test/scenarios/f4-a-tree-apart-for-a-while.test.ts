/**
 * F4: with -time_before_reconnect the parent is killed and the tree stays apart for a while; a client publishes
 * meanwhile, and the client that lost its server logs in elsewhere: it and the clients of the other side get the
 * message.
 */
import test from 'ava'
import { connect } from '@jwp/client'
import { eventually } from '@jwp/transport'
import { Audience, textsOf } from '../support/audience.js'
import { kill, NamedClients, printedTexts, untilOnline, untilPrinted } from '../support/named-clients.js'
import { RealNetwork } from '../support/real-network.js'

test('F4: what is sent while the tree is apart reaches all clients once it is whole', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a', ['-time_before_reconnect', '10000'])
  await network.startServer('c', 'b', ['-time_before_reconnect', '10000'])
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  const [atA, atB, atC] = audience.members

  await network.kill('b')
  await eventually('c is apart', async () =>
    (await network.status('c'))?.role === 'orphan' ? true : undefined,
  )
  await atA!.connection.send({ text: 'while apart' })
  t.is((await network.status('c'))?.role, 'orphan', 'c waits as it was told')
  // b's client was told of the others, and goes on by itself at one of them.
  await eventually('the lost client is online again', () =>
    atB!.connection.server === undefined ? undefined : true,
  )
  const late = await connect({ servers: [`localhost:${network.server('a').port}`] })
  t.teardown(() => late.close({ now: true }))

  await network.untilShape('a c<a')
  for (const member of [atA!, atB!, atC!]) {
    await eventually(`${member.letter} has the message`, () =>
      textsOf(member).includes('while apart') ? true : undefined,
    )
    t.is(textsOf(member).filter((text) => text === 'while apart').length, 1)
  }
})

test('F4: a registered user whose server and program die logs in elsewhere, and has missed nothing', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await network.startServer('b', 'a')
  await network.startServer('c', 'b', ['-time_before_reconnect', '10000'])
  const clients = new NamedClients(t, network)
  const atA = await clients.observeAt('a')
  const atC = await clients.observeAt('c')
  const heardAtC: string[] = []
  atC.on('broadcast', ({ activity }) => heardAtC.push(activity['text'] as string))
  await clients.register('ann', 'b')
  const first = await clients.start('ann', 'b', atA)
  await atA.send({ text: 'before' })
  await untilPrinted(first, 'before')

  first.child.kill('SIGSTOP')
  await network.kill('b')
  await kill(first)
  await atA.send({ text: 'while apart' })
  t.is((await network.status('c'))?.role, 'orphan', 'c waits as it was told')
  await untilOnline(atA, 'ann', false)
  const next = await clients.start('ann', 'a', atA)
  await untilPrinted(next, 'while apart')
  await network.untilShape('a c<a')
  await atA.send({ text: 'whole again' })
  await untilPrinted(next, 'whole again')
  await eventually('c has it all', () => (heardAtC.includes('whole again') ? true : undefined))
  t.deepEqual(
    printedTexts(next).filter((text, k) => k > 0 || text !== 'before'),
    ['while apart', 'whole again'],
  )
  t.deepEqual(heardAtC, ['before', 'while apart', 'whole again'])
})
