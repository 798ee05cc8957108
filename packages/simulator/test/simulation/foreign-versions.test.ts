/** Servers of another version among usual ones, in small worlds where nothing else goes wrong. */
import test from 'ava'
import { nodePlatform } from '@jwp/simulator'
import { Judge, whyNotConverged, World, type Observer, type WorldPlan } from '@jwp/simulator/world'

const names = ['s0', 's1', 's2', 's3']

const plan: WorldPlan = {
  seed: 1,
  servers: names.map((name, i) => ({
    name,
    remote: i === 0 ? undefined : 's0',
    startAtMs: i * 200,
    skewMs: 0,
  })),
  clients: [
    {
      name: 'c0',
      program: 'library',
      servers: ['s2', 's3'],
      startAtMs: 1_000,
      ackLevel: 'logged',
      publishEveryMs: 100,
    },
  ],
  faults: [],
  network: { latencyMs: [5, 10], jitter: 0.2 },
  maxChildren: 8,
  codec: true,
  harmMs: 0,
  healWithinMs: 0,
}

class Watch implements Observer {
  losses: string[] = []
  readonly asked: Record<string, number> = {}
  refused = 0

  serverReports(...[server, event]: Parameters<NonNullable<Observer['serverReports']>>): void {
    if (event.event === 'orphaned' || event.event === 'child-lost')
      this.losses.push(`${server.id} ${event.event}`)
  }

  foreignAsked(...[, host, message]: Parameters<NonNullable<Observer['foreignAsked']>>): void {
    const what = `${host} ${message.type}${message.type === 'AUTHENTICATE' && message.dry ? ', would you' : ''}`
    this.asked[what] = (this.asked[what] ?? 0) + 1
  }

  foreignAnswered(): void {
    this.refused++
  }
}

function begin(): { world: World; judge: Judge; watch: Watch } {
  const [judge, watch] = [new Judge(), new Watch()]
  const world = new World(plan, nodePlatform, [...judge.observers, watch])
  judge.watch(world)
  world.advance(3_000)
  return { world, judge, watch }
}

for (const era of ['older', 'newer'] as const) {
  test(`one of an ${era} version that knocks all the time is refused each time, and asked a few times in a minute`, (t) => {
    const { world, judge, watch } = begin()
    world.crash(world.server('s1')!)
    world.advance(2_000)
    watch.losses = []
    const end = world.startForeign('s1', { era, knockEveryMs: 15 })
    world.advance(60_000)
    t.true(watch.refused > 3_900, String(watch.refused))
    t.deepEqual(watch.losses, [])
    // After 0, 2, 6, 14 and 30 seconds.
    t.deepEqual(watch.asked, { 's0 PROBE': 5 })
    end()
    world.startServer('s1')
    for (const client of world.clients) client.stopPublishing()
    t.true(
      world.advanceUntil(() => whyNotConverged(world) === undefined, 5_000),
      whyNotConverged(world),
    )
    t.is(world.alive().length, 4)
    judge.judgeEnd()
    t.deepEqual(judge.violations, [])
  })
}

test('an orphan asks it in each poll, as all others', (t) => {
  const { world, judge, watch } = begin()
  world.crash(world.server('s0')!)
  world.crash(world.server('s1')!)
  // s0 is the nearest way home for both that are left.
  world.startForeign('s0', { era: 'newer', knockEveryMs: undefined })
  world.advance(5_000)
  for (const host of ['s2', 's3'])
    t.true(watch.asked[`${host} AUTHENTICATE, would you`]! >= 2, JSON.stringify(watch.asked))
  t.is(watch.asked['s2 AUTHENTICATE'], undefined)
  t.is(watch.asked['s3 AUTHENTICATE'], undefined)
  for (const client of world.clients) client.stopPublishing()
  world.advance(1_000)
  t.is(whyNotConverged(world), undefined)
  t.deepEqual(judge.violations, [])
})

test('a server that is told to join it says why it cannot, and ends at once', (t) => {
  const { world, judge, watch } = begin()
  world.crash(world.server('s1')!)
  world.startForeign('s1', { era: 'older', knockEveryMs: undefined })
  world.startNewcomer('s1')
  world.advance(1_000)
  const newcomer = world.servers.at(-1)!
  t.regex(newcomer.endInfo, /^stopped \(4\): cannot join s1:\d+: no protocol version in common: /)
  t.is(watch.asked['n1 AUTHENTICATE, would you'], 1)
  t.deepEqual(judge.violations, [])
})
