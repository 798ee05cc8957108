/** J3: the other way round: kill d (e, f go to b), then b (e, f go to a). */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J3: orphans prefer the nearest living ancestor', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('d')
  await network.untilShape('a b<a c<a e<b f<b')
  await network.kill('b')
  await network.untilShape('a c<a e<a f<a')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
