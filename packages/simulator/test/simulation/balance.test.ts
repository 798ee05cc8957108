/** Clients are spread evenly over servers: at their login, and when servers come and go. */
import test, { type ExecutionContext } from 'ava'
import { World, type ClientPlan, type Observer, type WorldPlan } from '@jwp/simulator/world'
import { nodePlatform } from '@jwp/simulator'
import { Random } from '@jwp/protocol'

interface Scenario {
  readonly servers: number
  readonly clients: number
  /** Names of the servers that a client tries, by its number. */
  readonly at: (client: number) => readonly string[]
  /** When it starts, in milliseconds. */
  readonly startAtMs: (client: number) => number
  readonly seed?: number
}

const evenWithinMs = 15_000
/** What was under way when all became even is over. */
const calmMs = 2_000
const programs = ['library', 'independent', 'plain'] as const

function plan({ servers, clients, at, startAtMs, seed = 1 }: Scenario): WorldPlan {
  return {
    seed,
    servers: Array.from({ length: servers }, (_, i) => ({
      name: `s${i}`,
      remote: i === 0 ? undefined : `s${Math.floor((i - 1) / 3)}`,
      startAtMs: i * 50,
      skewMs: 0,
    })),
    clients: Array.from({ length: clients }, (_, i): ClientPlan => ({
      name: `c${i}`,
      program: programs[i % 3]!,
      servers: at(i),
      startAtMs: startAtMs(i),
      ackLevel: 'logged',
      publishEveryMs: undefined,
    })),
    faults: [],
    network: { latencyMs: [5, 15], jitter: 0.2 },
    maxChildren: 3,
    balance: true,
    codec: false,
    harmMs: 0,
    healWithinMs: 0,
  }
}

/** Who was sent on, and how often. */
class Redirects implements Observer {
  readonly byClient = new Map<string, number>()

  get total(): number {
    return [...this.byClient.values()].reduce((sum, count) => sum + count, 0)
  }

  get most(): number {
    return Math.max(0, ...this.byClient.values())
  }

  serverTells(...[server, client, { command }]: Parameters<NonNullable<Observer['serverTells']>>): void {
    if (command !== 'REDIRECT') return
    const name = server.peerOfClient(client)
    this.byClient.set(name, (this.byClient.get(name) ?? 0) + 1)
  }
}

function enact(scenario: Scenario): { world: World; redirects: Redirects } {
  const redirects = new Redirects()
  return { world: new World(plan(scenario), nodePlatform, [redirects]), redirects }
}

function loadsOf(world: World): number[] {
  return world.alive().map((server) => server.core.status().clients)
}

function spreadOf(world: World): number {
  const loads = loadsOf(world)
  return Math.max(...loads) - Math.min(...loads)
}

function becomesEven(t: ExecutionContext, world: World): void {
  const isEven = (): boolean => world.clients.every((client) => client.isLoggedIn) && spreadOf(world) <= 2
  t.true(world.advanceUntil(isEven, evenWithinMs), loadsOf(world).join(' '))
  world.advance(calmMs)
}

for (const [servers, clients] of [
  [2, 2],
  [2, 30],
  [5, 100],
  [10, 400],
  [30, 300],
] as const)
  test(`${clients} clients storm one of ${servers} servers`, (t) => {
    const { world, redirects } = enact({
      servers,
      clients,
      at: () => ['s0'],
      startAtMs: (i) => 4_000 + (i * 200) / clients,
    })
    world.advance(4_200)
    becomesEven(t, world)
    t.true(redirects.most <= 3, `${redirects.most}`)
    t.log(`${redirects.total} redirects, ${redirects.most} at most, ${loadsOf(world).join(' ')}`)
    const before = redirects.total
    world.advance(20_000)
    t.is(redirects.total, before, 'no client moves once the loads are even')
  })

for (const seed of [1, 2, 3])
  test(`clients storm all servers unevenly, ${seed}`, (t) => {
    const random = new Random(seed)
    const servers = 3 + random.below(10)
    const { world, redirects } = enact({
      servers,
      clients: 150,
      at: () => [`s${Math.min(random.below(servers), random.below(servers))}`],
      startAtMs: () => 4_000 + random.below(300),
      seed,
    })
    world.advance(4_300)
    becomesEven(t, world)
    t.true(redirects.most <= 3, `${redirects.most}`)
    t.log(`${redirects.total} redirects, ${redirects.most} at most, ${loadsOf(world).join(' ')}`)
    const before = redirects.total
    world.advance(20_000)
    t.is(redirects.total, before, 'no client moves once the loads are even')
  })

test('a server that joins gets its share, one that dies leaves its clients to all', (t) => {
  const { world, redirects } = enact({
    servers: 6,
    clients: 60,
    at: (i) => [0, 1, 2, 3, 4, 5].map((k) => `s${(i + k) % 6}`),
    startAtMs: (i) => 4_000 + 10 * i,
  })
  world.advance(5_000)
  becomesEven(t, world)
  const before = redirects.total
  world.addServer({ name: 'new', remote: 's0', startAtMs: 0, skewMs: 0 })
  becomesEven(t, world)
  t.true(world.server('new')!.core.status().clients >= 7)
  const moved = redirects.total - before
  t.true(moved >= 7 && moved <= 14, `${moved} moves for 8 or 9 places`)
  world.crash(world.server('new')!)
  world.advance(1_000)
  becomesEven(t, world)
  world.leave(world.server('s1')!)
  world.advance(1_000)
  becomesEven(t, world)
  t.true(redirects.most <= 6, `${redirects.most}`)
})
