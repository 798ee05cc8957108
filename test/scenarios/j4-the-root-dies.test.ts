/** J4: kill the root; the heir that holds most takes over, on a tie the first of the heirs; nothing acknowledged is lost. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J4: under load the root is killed, an heir takes over, the others attach', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('a', 'b', 'c', 'd', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('a')
  const root = await network.untilOneTree('b', 'c', 'd', 'e', 'f')
  t.true(['b', 'c'].includes(root), `one of the root's children took over, not ${root}`)
  await audience.untilAcknowledged(20)
  await audience.judge()
})

test('J4: on a tie the first of the heirs takes over', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const heirs = await eventually('a has two heirs', async () => {
    const { succession = [] } = (await network.status('a')) ?? {}
    return succession.length === 2 ? succession.map((heir) => heir.id) : undefined
  })
  const ids = { b: (await network.status('b'))!.id, c: (await network.status('c'))!.id }

  await network.kill('a')
  const root = await network.untilOneTree('b', 'c', 'd', 'e', 'f')
  t.is(ids[root as 'b' | 'c'], heirs[0]!)
})
