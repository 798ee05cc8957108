/**
 * Clients that stop reading: they cost a bounded memory whatever is published meanwhile, lose nothing within the
 * retention, and are told exactly what they missed beyond it.
 */
import { connect, type Broadcast } from '@jwp/client'
import test, { type ExecutionContext } from 'ava'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { eventually } from '@jwp/transport'
import { flood } from '../support/flood.js'
import { LineClient } from '../support/line-client.js'
import { inRuns, PausableReader, run } from '../support/pausable-reader.js'
import { RealNetwork } from '../support/real-network.js'

const mebibyte = 1_048_576
/** Per client: the high-water mark of its socket, and the batch that passed it. */
const perClientBytes = 2 * mebibyte + 65_536
/** What a process may grow by that is neither log nor socket: code that became hot, garbage that waits. */
const slackBytes = 150 * mebibyte

async function twoServers(t: ExecutionContext, ...more: string[]): Promise<RealNetwork> {
  const network = new RealNetwork(t)
  await network.startClock()
  await network.startServer('a', undefined, more)
  await network.startServer('b', 'a', more)
  return network
}

/** Everything published so far has been delivered at b, as far as its readers read. */
async function untilApplied(network: RealNetwork, activities: number): Promise<void> {
  let seen: unknown
  await eventually(
    () => `b has applied ${activities} activities, not ${JSON.stringify(seen)}`,
    async () => {
      const { log } = (await network.status('b'))!
      seen = log
      return log.applied > activities && log.applied === log.last ? true : undefined
    },
  )
}

test('clients that stop reading under load cost a bounded memory and get everything in order', async (t) => {
  const network = await twoServers(t)
  const { port } = network.server('b')
  const readers = await Promise.all([
    ...run(1, 6).map(() => PausableReader.login(t, port)),
    ...run(1, 6).map(() => PausableReader.login(t, port, { features: ['resume'] })),
  ])
  const process = startClientProcess(network, port)
  const before = await eventually('all clients are logged in', async () => {
    const now = await network.metrics('b')
    return now['jwp_clients'] === readers.length + 1 ? now : undefined
  })

  for (const reader of readers) reader.stopReading()
  process.child.kill('SIGSTOP')
  const count = 40_000
  await flood(network.server('a').port, { count, textBytes: 1_000 })
  await untilApplied(network, count)
  const blocked = await eventually('all of them are blocked', async () => {
    const now = await network.metrics('b')
    return now['jwp_blocked_clients']! === readers.length + 1 ? now : undefined
  })
  const stopped = readers.length + 1
  t.true(
    blocked['jwp_client_unsent_bytes']! <= stopped * perClientBytes,
    `${blocked['jwp_client_unsent_bytes']} bytes wait for ${stopped} clients`,
  )
  const grown = blocked['process_resident_memory_bytes']! - before['process_resident_memory_bytes']!
  t.true(
    grown < blocked['jwp_log_bytes']! + stopped * perClientBytes + slackBytes,
    `grown by ${grown} bytes with a log of ${blocked['jwp_log_bytes']}`,
  )
  t.true(readers.every(({ got }) => got.length < count))

  for (const reader of readers) reader.readAgain()
  process.child.kill('SIGCONT')
  const everything = `1-${count}`
  for (const reader of readers) {
    await eventually('a reader has caught up', () => (reader.got.length >= count ? true : undefined))
    t.is(inRuns(reader.got), everything)
    t.false(reader.closed)
  }
  await eventually('the stopped process has caught up', () =>
    process.got.length >= count ? true : undefined,
  )
  t.is(inRuns(process.got), everything)
  const { jwp_blocked_clients: stillBlocked, jwp_gaps_told_total: gaps } = await network.metrics('b')
  t.deepEqual([stillBlocked, gaps], [0, 0])
})

test('beyond the retention each is told the exact number of what it missed', async (t) => {
  const network = await twoServers(t, '--retention-bytes', '1MiB')
  const { port } = network.server('b')
  const plain = await PausableReader.login(t, port)
  const placed = await PausableReader.login(t, port, { features: ['resume'] })
  const away = await PausableReader.login(t, port, { features: ['resume'] })
  const library = await connect({ servers: [`localhost:${port}`], maxBuffered: 64 })
  t.teardown(() => library.close({ now: true }))
  const gaps: { missed: number }[] = []
  library.on('gap', (gap) => gaps.push(gap))
  const iterator = library[Symbol.asyncIterator]()

  plain.stopReading()
  placed.stopReading()
  away.leave()
  // Also what is no activity has its place in the log, and is not counted.
  const people = [0, 1, 2].map(() => new LineClient(t, port))
  let published = 0
  for (const [i, person] of people.entries()) {
    await flood(network.server('a').port, { first: published + 1, count: 10_000, textBytes: 1_000 })
    published += 10_000
    const registered = await person.ask({ command: 'REGISTER', username: `user ${i}`, secret: 'sss' })
    t.is(registered['command'], 'REGISTER_SUCCESS')
  }
  await untilApplied(network, published + people.length)
  await eventually('the retention has dropped what it may', async () => {
    const { log } = (await network.status('b'))!
    return log.bytes <= mebibyte && log.everywhere === log.last ? true : undefined
  })

  placed.readAgain()
  await eventually('a client reads on behind the gap', () =>
    placed.got.at(-1) === published ? true : undefined,
  )
  // The system's buffers may take some more meanwhile: then a second gap follows the first.
  const told = placed.said.filter((line) => line['command'] === 'GAP')
  const kept: number[] = []
  let missedInAll = 0
  for (const [i, gap] of told.entries()) {
    kept.push(...run(kept.length + missedInAll + 1, gap.after + missedInAll))
    missedInAll += Number(gap['missed'])
    t.is(kept.length, gap.after, `gap ${i} is told in its place`)
  }
  t.is(inRuns(placed.got), inRuns([...kept, ...run(kept.length + missedInAll + 1, published)]))
  const skipped = told.reduce((sum, gap) => sum + Number(gap['to']) - Number(gap['from']) + 1, 0)
  t.true(skipped > missedInAll, 'registrations are not counted')

  plain.readAgain()
  await eventually('a plain client is let go', () => (plain.closed ? true : undefined))
  t.is(inRuns(plain.got), `1-${plain.got.length}`, 'what was in its socket comes first, in order')
  const { command, info } = plain.said.at(-1)!
  const [, missedByPlain] = /^missed (\d+) activities$/.exec(String(info)) ?? []
  t.is(command, 'INVALID_MESSAGE')
  // Where it is told is up to the system's buffers; that what follows was still kept is not.
  t.true(Number(missedByPlain) > 0 && plain.got.length + Number(missedByPlain) < published, String(info))

  const { session, publisher, lineage } = away.welcome
  const back = await PausableReader.login(t, network.server('a').port, {
    features: ['resume'],
    resume: { session, publisher, lineage },
  })
  await eventually('the client that was away reads on behind the gap', () =>
    back.got.at(-1) === published ? true : undefined,
  )
  // That server may still be dropping what the retention does not keep: then a second gap follows the first.
  const missedByBack = back.said
    .filter((line) => line['command'] === 'GAP')
    .reduce((sum, line) => sum + Number(line['missed']), 0)
  t.is(missedByBack, published - back.got.length)

  const taken: number[] = []
  while (taken.at(-1) !== published) {
    const { activity } = ((await iterator.next()) as { value: Broadcast }).value
    taken.push(Number(activity['k']))
  }
  t.true(gaps.length > 0)
  t.is(
    gaps.reduce((sum, { missed }) => sum + missed, 0),
    published - taken.length,
  )
})

/** `jwp client`, and the numbers of what it has printed. */
function startClientProcess(network: RealNetwork, port: number): { child: ChildProcess; got: number[] } {
  const { child } = network.start('client', port, ['client', '-rp', String(port), '--listen'])
  const got: number[] = []
  createInterface({ input: child.stdout! }).on('line', (line) =>
    got.push((JSON.parse(line) as { activity: { k: number } }).activity.k),
  )
  return { child, got }
}
