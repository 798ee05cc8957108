/** The connection to the clock dies without a word, in a small world where nothing else goes wrong. */
import test from 'ava'
import { nodePlatform } from '@jwp/simulator'
import { Judge, World, type Observer, type WorldPlan } from '@jwp/simulator/world'

const plan: WorldPlan = {
  seed: 1,
  servers: ['s0', 's1'].map((name, i) => ({
    name,
    remote: i === 0 ? undefined : 's0',
    startAtMs: i * 200,
    skewMs: 0,
  })),
  clients: [
    {
      name: 'c0',
      program: 'library',
      servers: ['s1', 's0'],
      startAtMs: 500,
      ackLevel: 'logged',
      publishEveryMs: 40,
    },
  ],
  faults: [],
  network: { latencyMs: [5, 10], jitter: 0.2 },
  maxChildren: 8,
  codec: false,
  harmMs: 0,
  healWithinMs: 0,
}

test('the root asks over a new connection soon, each time that one hangs, and until then stamps without the clock', (t) => {
  const judge = new Judge()
  const told: string[] = []
  const watch: Observer = {
    serverReports: (_server, { event }) => {
      if (event === 'clock-lost' || event === 'clock-back') told.push(event)
    },
  }
  const world = new World(plan, nodePlatform, [...judge.observers, watch])
  judge.watch(world)
  world.advance(2_000)
  t.deepEqual(told, [])
  for (let time = 1; time <= 3; time++) {
    const before = world.server('s0')!.core.inspect().lastIndex
    world.clock.hangConnections()
    world.advance(500)
    t.is(told.length, 2 * time - 1, told.join(' '))
    t.true(world.server('s0')!.core.inspect().lastIndex > before)
    // Two questions that run out, the second with twice the time, and a third over the new connection.
    t.true(
      world.advanceUntil(() => told.length === 2 * time, 1_000),
      told.join(' '),
    )
  }
  t.is(world.server('s0')!.core.inspect().clockMode, 'clock')
  t.deepEqual(judge.violations, [])
})
