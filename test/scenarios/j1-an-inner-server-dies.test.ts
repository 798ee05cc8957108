/** J1: kill b; d reconnects to a, with e and f below it. */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J1: an inner server is killed, and its child moves to the grandparent with its whole subtree', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'd', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('b')
  await network.untilShape('a c<a d<a e<d f<d')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
