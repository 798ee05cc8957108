/** The growth table is measured on networks that work: here on small ones, so that what measures them stays true. */
import test from 'ava'
import { bestDepth, measureChurn, measureGrowth } from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'

for (const servers of [10, 50]) {
  test(`${servers} servers: one tree as shallow as it can be, and every cost accounted for`, (t) => {
    const said: string[] = []
    const loads = [{ perLatency: 1, forMs: 500 }]
    const figures = measureGrowth(servers, loads, nodePlatform, (what) => said.push(what))
    t.is(figures.depth, bestDepth(servers, 8))
    t.is(said.length, 2)
    const [load] = figures.loads
    t.true(load!.activities > 10)
    // Each of the 40 clients has got each activity.
    t.is(load!.deliveries, load!.activities * 40)
    // Every server but the root gets the log, in batches; none gets it twice.
    t.true(load!.messagesPerActivity < 6 * servers)
    t.true(load!.orderPerActivity >= 1)
    t.true(load!.latencyMedian >= 2 && load!.latencyP99 >= load!.latencyMedian)
    t.true(figures.rootCrashHealing > 0 && figures.innerCrashHealing > 0)
    t.true(figures.stateMaxBytes >= figures.stateMedianBytes)
  })
}

test('crashes and joins leave one tree that is not much deeper', (t) => {
  const figures = measureChurn(30, 3, 60, nodePlatform)
  t.is(figures.depthAtBest, bestDepth(30, 3))
  t.true(figures.depthAfter <= 2 * figures.depthAtBest + 1)
  t.true(figures.introduced <= 10, 'a few joined through a server that died at once')
})

test('a full tree of fan-out 8 holds 1, 9, 73 and 585 servers at depth 0 to 3', (t) => {
  t.deepEqual(
    [1, 2, 9, 10, 73, 74, 585, 586].map((servers) => bestDepth(servers, 8)),
    [0, 1, 1, 2, 2, 3, 3, 4],
  )
})
