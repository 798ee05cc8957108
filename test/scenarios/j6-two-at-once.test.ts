/** J6: two at once: a server and its parent; the root and its heir. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { Audience } from '../support/audience.js'
import { RealNetwork } from '../support/real-network.js'

test('J6: a server and its parent die together', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('a', 'c', 'e', 'f')
  await audience.publishSteadily()

  await network.kill('b', 'd')
  await network.untilShape('a c<a e<a f<a')
  await audience.untilAcknowledged(20)
  await audience.judge()
})

test('J6: the root and its first heir die together', async (t) => {
  const network = new RealNetwork(t)
  await network.startSix()
  const audience = new Audience(t, network)
  await audience.join('d', 'e', 'f')
  await audience.publishSteadily()
  const ids = { b: (await network.status('b'))!.id, c: (await network.status('c'))!.id }
  const first = await eventually('a has two heirs', async () => {
    const { succession = [] } = (await network.status('a')) ?? {}
    return succession.length === 2 ? succession[0]!.id : undefined
  })
  const [heir, other] = first === ids.b ? ['b', 'c'] : ['c', 'b']

  await network.kill('a', heir)
  const root = await network.untilOneTree(other, 'd', 'e', 'f')
  t.is(root, other, 'the heir that is left takes over')
  await audience.untilAcknowledged(20)
  await audience.judge()
})
