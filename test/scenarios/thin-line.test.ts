/** A line that carries less than the log within any of the limits by which a server is taken for dead. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { flood } from '../support/flood.js'
import { RealNetwork } from '../support/real-network.js'
import { SlowLine } from '../support/slow-line.js'

test('a server joins over a line on which its log takes seconds, and no server is taken for dead', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const count = 2_000
  await flood(a.port, { count, textBytes: 4_000 })

  // One frame of the log takes four times as long as the answer to who joins may, and longer than the silence limit.
  const line = await SlowLine.to(t, a.port, { bytesPerSecond: 2_500_000, mostBytes: Infinity })
  const b = await network.startServer('b', 'a', [], { throughPort: line.port })
  t.is(await network.shape('a', 'b'), 'a b<a', 'at the first attempt')
  t.true((await network.status('b'))!.log.last < count, 'the log is still on its way')
  await eventually('b has the whole log', async () =>
    (await network.status('b'))!.log.applied >= count ? true : undefined,
  )
  const changes = `${a.printed()}${b.printed()}`.match(
    /lost child|cannot join|orphaned|attached|joined|root of/g,
  )
  t.deepEqual(changes, ['root of', 'joined', 'attached'])
})
