/** Servers that start others when all are full, in worlds where that takes time, fails, and where servers die meanwhile. */
import test from 'ava'
import {
  Judge,
  World,
  whyNotConverged,
  type ClientPlan,
  type Violation,
  type WorldPlan,
} from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'
import { Random } from '@jwp/protocol'

const programs = ['library', 'independent', 'plain'] as const
const maxClients = 3

interface Scenario {
  readonly seed: number
  readonly clients: number
  readonly failing?: number
  readonly balance?: boolean
  readonly maxServers?: number
}

function plan({ seed, clients, failing = 0, balance = true, maxServers = 6 }: Scenario): WorldPlan {
  const random = new Random(seed)
  return {
    seed,
    servers: ['s0', 's1'].map((name, i) => ({
      name,
      remote: i === 0 ? undefined : 's0',
      startAtMs: i * 50,
      skewMs: 0,
    })),
    clients: Array.from({ length: clients }, (_, i): ClientPlan => ({
      name: `c${i}`,
      program: programs[i % 3]!,
      servers: random.chance(0.5) ? ['s0', 's1'] : ['s1', 's0'],
      startAtMs: 500 + Math.floor(random.between(0, 2_000)),
      ackLevel: 'logged',
      publishEveryMs: i % 4 === 0 ? 300 : undefined,
      // Plain ones: every other registers a name first.
      ...(i % 6 === 2 ? { username: `user${i}` } : {}),
    })),
    faults: [],
    network: { latencyMs: [5, 15], jitter: 0.2 },
    maxChildren: 3,
    balance,
    growth: { maxClients, maxServers, endWhenIdleMs: 2_000, startTakesMs: [300, 1_200], failing },
    codec: seed % 4 === 0,
    harmMs: 0,
    healWithinMs: 0,
  }
}

function enact(scenario: Scenario): { world: World; violations: readonly Violation[]; judge: Judge } {
  const judge = new Judge()
  const world = new World(plan(scenario), nodePlatform, judge.observers)
  judge.watch(world)
  return { world, violations: judge.violations, judge }
}

const seeds = Array.from({ length: 12 }, (_, i) => 100 + i)
const allAreIn = (world: World): boolean => world.clients.every((client) => client.isLoggedIn)

test('all clients get in, with as many servers as that takes and hardly more', (t) => {
  for (const seed of seeds) {
    const { world, violations } = enact({ seed, clients: 13, balance: seed % 2 === 0 })
    t.true(
      world.advanceUntil(() => world.clients.length === 13 && allAreIn(world), 30_000),
      `seed ${seed}`,
    )
    t.is(world.alive().length, 5, `seed ${seed}`)
    t.deepEqual(violations, [])
  }
})

test('starts that fail, with a reason or silently, cost time and no client', (t) => {
  for (const seed of seeds) {
    const { world, violations } = enact({ seed, clients: 11, failing: 0.4 })
    t.true(
      world.advanceUntil(() => world.clients.length === 11 && allAreIn(world), 120_000),
      `seed ${seed}`,
    )
    t.deepEqual(violations, [])
  }
})

test('servers die, those that were started too: their clients get in again', (t) => {
  for (const seed of seeds) {
    const { world, violations } = enact({ seed, clients: 10 })
    const random = new Random(seed)
    world.advance(2_500)
    for (let crashes = 0; crashes < 3; crashes++) {
      const victims = world.alive().filter((server) => server.host !== 's0')
      if (victims.length > 0) world.crash(random.pick(victims))
      world.advance(random.between(500, 4_000))
    }
    t.true(
      world.advanceUntil(() => allAreIn(world), 60_000),
      `seed ${seed}: ${world.clients.filter((client) => !client.isLoggedIn).length} are out`,
    )
    t.deepEqual(violations, [])
  }
})

test('the limit is kept: a client without a place is told so, and gets in when another one leaves', (t) => {
  for (const seed of seeds) {
    const { world, violations } = enact({ seed, clients: 10, maxServers: 3 })
    const isFull = (): boolean => world.clients.filter((client) => client.isLoggedIn).length === 9
    t.true(
      world.advanceUntil(() => world.clients.length === 10 && isFull(), 60_000),
      `seed ${seed}`,
    )
    world.advance(5_000)
    t.is(world.alive().length, 3)
    world.clients.find((client) => client.isLoggedIn)!.crash()
    t.true(
      world.advanceUntil(
        () => world.clients.filter((client) => client.isAlive).every((c) => c.isLoggedIn),
        60_000,
      ),
      `seed ${seed}`,
    )
    t.deepEqual(violations, [])
  }
})

test('what was started ends when it is not needed, and the rest is whole', (t) => {
  for (const seed of seeds) {
    const { world, violations } = enact({ seed, clients: 13 })
    world.advanceUntil(() => world.clients.length === 13 && allAreIn(world), 30_000)
    for (const client of world.clients.slice(4)) client.crash()
    t.true(
      world.advanceUntil(() => world.alive().length === 2, 60_000),
      `seed ${seed}: ${world.alive().length} are left`,
    )
    t.true(world.advanceUntil(() => allAreIn4(world), 20_000))
    world.advance(10_000)
    t.is(world.alive().length, 2, 'no server comes and goes')
    for (const client of world.clients) client.stopPublishing()
    t.true(
      world.advanceUntil(() => whyNotConverged(world) === undefined, 20_000),
      whyNotConverged(world),
    )
    t.deepEqual(violations, [])
  }
})

const allAreIn4 = (world: World): boolean =>
  world.clients.filter((client) => client.isAlive).every((client) => client.isLoggedIn)
