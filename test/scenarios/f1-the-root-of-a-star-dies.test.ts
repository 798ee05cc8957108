/** F1: four servers, all children of the first; kill the first: the other three connect by themselves. */
import test from 'ava'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('F1: three children of a root that dies find each other', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a')
  await Promise.all(['b', 'c', 'd'].map((letter) => network.startServer(letter, 'a')))
  const audience = new Audience(t, network)
  await audience.join('b', 'c', 'd')
  await audience.publishSteadily()

  await network.kill('a')
  await network.untilOneTree('b', 'c', 'd')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
