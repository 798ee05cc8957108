/** Lines whose round trip is longer than the limits for short lines: servers join, return, merge and ask the clock. */
import test from 'ava'
import { eventually } from '@jwp/transport'
import { Audience } from '../support/audience.js'
import { flood } from '../support/flood.js'
import { LongLine } from '../support/long-line.js'
import { RealNetwork } from '../support/real-network.js'

/** Beyond what a new server waits before it founds a network when no other server answers. */
const defaultLimitMs = 120_000

for (const oneWayMs of [70, 200]) {
  test(`${2 * oneWayMs} ms: a server joins, and founds nothing`, async (t) => {
    const network = new RealNetwork(t)
    await network.startClock()
    const a = await network.startServer('a')
    const line = await LongLine.to(t, a.port, oneWayMs)
    const b = await network.startServer('b', 'a', [], { throughPort: line.port })
    t.is((await network.status('b'))!.role, 'child')
    t.notRegex(b.printed(), /root of the tree/)
    await eventually('a has its child', async () =>
      (await network.status('a'))?.children.length === 1 ? true : undefined,
    )
    const audience = new Audience(t, network)
    await audience.join('a', 'b')
    await audience.publishSteadily()
    await audience.untilAcknowledged(20)
    await audience.judge()
    t.notRegex(`${a.printed()}${b.printed()}`, /lost child|lost its parent/, 'the line is long, and whole')
  })
}

test('400 ms: a server comes back on its disk', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  const a = await network.startServer('a')
  const line = await LongLine.to(t, a.port, 200)
  const data = ['--data', `${network.folder}/b`]
  await network.startServer('b', 'a', data, { throughPort: line.port })
  await flood(a.port, { count: 50, textBytes: 100 })
  await eventually('b has what was sent', async () =>
    (await network.status('b'))!.log.applied >= 50 ? true : undefined,
  )
  await network.kill('b')
  await flood(a.port, { count: 50, textBytes: 100 })
  const b = await network.startServer('b', 'a', data, { throughPort: line.port })
  t.is(await network.untilOneTree('a', 'b'), 'a')
  t.notRegex(b.printed(), /root of the tree/)
  await eventually('b has the rest', async () =>
    (await network.status('b'))!.log.applied >= 100 ? true : undefined,
  )
})

test('400 ms: two trees become one after a partition', async (t) => {
  const network = new RealNetwork(t)
  await network.startClock()
  // Each knows the other by the line between them only.
  const [toA, toB] = [await network.portFor('a'), await network.portFor('b')]
  const lines = await Promise.all([LongLine.to(t, toA, 200), LongLine.to(t, toB, 200)])
  await network.startServer('a', undefined, ['--advertise', `localhost:${lines[0].port}`])
  await network.startServer('b', 'a', ['--advertise', `localhost:${lines[1].port}`], {
    throughPort: lines[0].port,
  })
  for (const line of lines) line.part()
  await eventually(
    'b has founded a tree of its own',
    async () => ((await network.status('b'))?.role === 'root' ? true : undefined),
    defaultLimitMs,
  )
  for (const letter of ['a', 'b']) await flood(network.server(letter).port, { count: 20, textBytes: 100 })
  for (const line of lines) line.heal()
  await network.untilOneTree('a', 'b')
  const logs = await eventually('both have everything', async () => {
    const both = await Promise.all(['a', 'b'].map(async (letter) => (await network.status(letter))!.log))
    return both.every(({ applied }) => applied >= 40 && applied === both[0]!.applied) ? both : undefined
  })
  t.is(logs[0]!.last, logs[1]!.last)
})

test('300 ms: a root that is alone has the time from its clock', async (t) => {
  const network = new RealNetwork(t)
  const clock = await network.startClock()
  const line = await LongLine.to(t, clock.port, 150)
  network.clockPlaces = `localhost:${line.port}`
  const a = await network.startServer('a')
  await flood(a.port, { count: 1, textBytes: 10 })
  await eventually('a uses the clock', async () =>
    (await network.metrics('a'))['jwp_clock_is_lost'] === 0 && /the clock is back/.test(a.printed())
      ? true
      : undefined,
  )
  await flood(a.port, { count: 20, textBytes: 10 })
  t.is((await network.status('a'))!.clock.mode, 'clock')
})
