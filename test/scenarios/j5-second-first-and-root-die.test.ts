/** J5: the published bug of the first design: the second server added dies, then the first, then the root. */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J5: with more than three servers, every deadpool stays right while they die one after the other', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('d', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('c')
  await network.untilShape('a b<a d<b e<d f<d')
  await network.kill('b')
  await network.untilShape('a d<a e<d f<d')
  await network.kill('a')
  await network.untilShape('d e<d f<d')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
