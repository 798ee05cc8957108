/** J2: kill b, then d; e and f reconnect to a. */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J2: after the parent its heir dies as well, and the children move to what is left', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('b')
  await network.untilShape('a c<a d<a e<d f<d')
  await network.kill('d')
  await network.untilShape('a c<a e<a f<a')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
