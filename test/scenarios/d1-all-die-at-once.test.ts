/**
 * D1: with --data, all servers and the clock are killed at once under load and started again: every message that was
 * acknowledged reaches every client that it was meant for, once and in one order.
 */
import { join } from 'node:path'
import test from 'ava'
import { connect } from '@jwp/client'
import { eventually } from '@jwp/transport'
import { Audience, textsOf } from '../support/audience.js'
import { RealNetwork, type JwpProcess } from '../support/real-network.js'

const parents: Readonly<Record<string, string | undefined>> = { a: undefined, b: 'a', c: 'a', d: 'b', e: 'd' }
const letters = Object.keys(parents)

test('D1: after kill -9 of everything at once, what was acknowledged is delivered', async (t) => {
  const network = new RealNetwork(t)
  const start = (letter: string) => network.startOnDisk(letter, parents[letter])
  await network.startClock()
  for (const letter of letters) await start(letter)
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'e')
  await audience.joinAt('d', 'held')
  await audience.publishSteadily()

  let wereApart = false
  for (let round = 0; round < 2; round++) {
    await audience.untilAcknowledged(100)
    await network.killEverything()
    await network.startClock()
    // All at once, as after a power cut: no server can wait for another.
    await Promise.all(letters.map(start))
    await network.untilOneTree(...letters)
    wereApart ||= someCameTooLate(letters.map((letter) => network.server(letter)))
    await audience.untilAcknowledged(100)
  }
  await audience.judge({ wereApart })
})

/** On a busy machine a process may take seconds to start: another server may have founded a tree before it was up. */
function someCameTooLate(servers: readonly JwpProcess[]): boolean {
  const timesOf = (words: RegExp): string[] =>
    servers.flatMap((server) =>
      server
        .printed()
        .split('\n')
        .filter((line) => words.test(line))
        .map((line) => line.trim().split(' ')[0]!),
    )
  const listening = timesOf(/ listening on port /).sort()
  const founding = timesOf(/ root of the tree/).sort()
  // Times of day compare as text; a midnight between them only makes the test milder.
  return founding[0]! < listening.at(-1)!
}

test('D1: a single server that comes back goes on from its own disk, and misses nothing', async (t) => {
  const network = new RealNetwork(t)
  const start = (letter: string) => network.startOnDisk(letter, parents[letter])
  await network.startClock()
  for (const letter of ['a', 'b', 'c']) await start(letter)
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  await audience.publishSteadily()
  for (const victim of ['c', 'a', 'b']) {
    await audience.untilAcknowledged(50)
    const before = (await network.status(victim))!
    await network.kill(victim)
    await audience.untilAcknowledged(50)
    await start(victim)
    await network.untilOneTree('a', 'b', 'c')
    const after = (await network.status(victim))!
    t.not(after.id, before.id, 'another run of the same server')
    t.is(after.name, before.name)
    t.true(after.log.last >= before.log.last)
    t.is(after.log.first, 1, 'the log begins where it began: on its own disk')
  }
  await audience.judge()
})

for (const ackLevel of ['held', 'logged'] as const) {
  test(`D1: what was acknowledged as ${ackLevel} outlives its publisher, all servers and a reader's server that was asleep`, async (t) => {
    const network = new RealNetwork(t)
    const start = (letter: string) =>
      network.startServer(letter, parents[letter], ['--data', join(network.folder, `data-${letter}`)])
    await network.startClock()
    for (const letter of ['a', 'b', 'c']) await start(letter)
    const audience = new Audience(t, network)
    await audience.join('a', 'c')
    const publisher = await connect({ servers: [`localhost:${network.server('b').port}`], ackLevel })
    await publisher.send({ text: 'hello' })
    for (const member of audience.members)
      await eventually('each client has received something', () =>
        member.received.length > 0 ? true : undefined,
      )

    // Its reader gets nothing from now on, so everything that is acknowledged goes into its backlog.
    network.server('c').child.kill('SIGSTOP')
    const texts = Array.from({ length: 300 }, (_, n) => `m${n}`)
    await Promise.all(texts.map((text) => publisher.send({ text })))
    const gone = publisher.close({ now: true })
    await network.killEverything()
    await gone

    await network.startClock()
    await Promise.all(['a', 'b', 'c'].map(start))
    for (const member of audience.members) {
      await eventually(`all are delivered at ${member.letter}`, () =>
        member.received.length > texts.length ? true : undefined,
      )
      t.deepEqual(textsOf(member), ['hello', ...texts])
    }
  })
}
