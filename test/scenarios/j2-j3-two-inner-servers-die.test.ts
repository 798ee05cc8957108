/**
 * J2: kill b, then d; e and f reconnect to a.
 * J3: the other way round: kill d (e, f go to b), then b (e, f go to a).
 */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

const stories = {
  'J2: after the parent its heir dies as well, and the children move to what is left': [
    ['b', 'a c<a d<a e<d f<d'],
    ['d', 'a c<a e<a f<a'],
  ],
  'J3: orphans prefer the nearest living ancestor': [
    ['d', 'a b<a c<a e<b f<b'],
    ['b', 'a c<a e<a f<a'],
  ],
} as const

for (const [title, deaths] of Object.entries(stories)) {
  test.serial(title, async (t) => {
    const network = new RealNetwork(t)
    await network.startSix()
    const audience = new Audience(t, network)
    await audience.join('a', 'c', 'e', 'f')
    await audience.publishSteadily()

    for (const [name, shape] of deaths) {
      await network.kill(name)
      await network.untilShape(shape)
    }
    await audience.untilAcknowledged(20)
    await audience.judge()
  })
}
