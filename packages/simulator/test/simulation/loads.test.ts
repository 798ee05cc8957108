/** What servers announce of their clients, in small worlds without faults. */
import test from 'ava'
import { World, type ClientPlan, type Observer, type WorldPlan } from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'

/** A chain, so that news has a way to go. */
function chain(clients: readonly number[], more: Partial<WorldPlan> = {}): WorldPlan {
  return {
    seed: 1,
    servers: clients.map((_, i) => ({
      name: `s${i}`,
      remote: i === 0 ? undefined : `s${i - 1}`,
      startAtMs: i * 300,
      skewMs: 0,
    })),
    clients: clients.flatMap((count, i) =>
      Array.from({ length: count }, (__, k): ClientPlan => ({
        name: `c${i}-${k}`,
        program: 'plain',
        servers: [`s${i}`],
        startAtMs: 3_000,
        ackLevel: 'logged',
        publishEveryMs: undefined,
      })),
    ),
    faults: [],
    network: { latencyMs: [5, 10], jitter: 0 },
    maxChildren: 2,
    balance: true,
    codec: true,
    harmMs: 0,
    healWithinMs: 0,
    ...more,
  }
}

class LoadsCount implements Observer {
  count = 0

  serverSends(...[, , { type }]: Parameters<NonNullable<Observer['serverSends']>>): void {
    if (type === 'LOADS') this.count++
  }
}

const knownAt = (world: World, name: string): string =>
  world
    .server(name)!
    .core.inspect()
    .loads()
    .known.map(({ address, clients }) => `${address.name}:${clients}`)
    .sort()
    .join(' ')

test('all servers hear which have the fewest clients, and how many clients there are in all', (t) => {
  const world = new World(chain([1, 2, 2, 1]), nodePlatform, [])
  world.advance(10_000)
  t.deepEqual(
    ['s0', 's1', 's2', 's3'].map((name) => knownAt(world, name)),
    ['s1:2 s2:2 s3:1', 's0:1 s2:2 s3:1', 's0:1 s1:2 s3:1', 's0:1 s1:2 s2:2'],
  )
  for (const server of world.alive())
    t.deepEqual(server.core.inspect().loads().totals, { servers: 4, clients: 6 })
})

test('nothing is announced while nothing changes', (t) => {
  const loads = new LoadsCount()
  const world = new World(chain([1, 1, 1]), nodePlatform, [loads])
  world.advance(10_000)
  t.true(loads.count > 0)
  loads.count = 0
  world.advance(60_000)
  t.is(loads.count, 0)
})

test('no clients are sent to a server that died', (t) => {
  const world = new World(chain([1, 1, 1]), nodePlatform, [])
  world.advance(10_000)
  world.crash(world.server('s2')!)
  world.advance(2_000)
  t.is(knownAt(world, 's0'), 's1:1')
  t.is(knownAt(world, 's1'), 's0:1')
})

test('who takes no part is not announced, and passes on the news of others', (t) => {
  const world = new World(chain([1, 1, 1], { balance: false }), nodePlatform, [])
  world.advance(10_000)
  t.is(knownAt(world, 's0'), '')
  t.deepEqual(world.server('s0')!.core.inspect().loads().totals, { servers: 0, clients: 0 })
})
