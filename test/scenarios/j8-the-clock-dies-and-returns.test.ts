/** J8: the clock is killed and restarted: timestamps never repeat or go back, nothing is lost. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J8: without a clock the network goes on, and with it again timestamps still rise', async (t) => {
  const network = new RealNetwork(t)
  const clock = await network.startClock()
  await network.startServer('a')
  await Promise.all([network.startServer('b', 'a'), network.startServer('c', 'a')])
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c')
  await audience.publishSteadily()
  const mode = async (wanted: string): Promise<true | undefined> =>
    (await network.status('a'))?.clock.mode === wanted ? true : undefined

  for (let round = 0; round < 2; round++) {
    network.clock!.child.kill('SIGKILL')
    await network.clock!.ended
    await eventually('the root says that it has no clock', () => mode('hybrid'))
    await audience.untilAcknowledged(20)
    await network.startClock()
    await eventually('the root has its clock back', () => mode('clock'))
    await audience.untilAcknowledged(20)
  }
  t.not(network.clock, clock)
  await audience.judge()
})
