/**
 * With --data, all servers are asked to end at once, under load, and started again: no server is left to hand anything
 * to, and what was acknowledged is delivered all the same, once.
 */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

const parents: Readonly<Record<string, string | undefined>> = { a: undefined, b: 'a', c: 'a', d: 'b' }
const letters = Object.keys(parents)

test('SIGTERM to all servers at once: what was acknowledged is delivered after the next start', async (t) => {
  const network = new RealNetwork(t)
  const start = (letter: string) => network.startOnDisk(letter, parents[letter])
  await network.startClock()
  for (const letter of letters) await start(letter)
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'd')
  await audience.publishSteadily()
  for (let round = 0; round < 2; round++) {
    await audience.untilAcknowledged(100)
    const running = letters.map((letter) => network.server(letter))
    for (const { child } of running) child.kill('SIGTERM')
    for (const { ended } of running) t.is(await ended, 0)
    await Promise.all(letters.map(start))
    await network.untilOneTree(...letters)
    await audience.untilAcknowledged(100)
  }
  // The server that ends last, or starts first, may have ordered alone for a moment.
  await audience.judge({ wereApart: true })
})
