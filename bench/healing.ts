/**
 * SIGKILL of an inner server, and of the root: the longest silence that a client on a surviving server sees, while 500
 * messages a second flow.
 */
import { connect, type Connection } from '@jwp/client'
import { BenchNetwork, pause, statusOf, until, type ServerProcess } from './processes.js'
import { spreadOf, type Spread } from './spread.js'

const messagesPerSecond = 500

export async function measureHealing(rounds: number): Promise<Spread[]> {
  const inner: number[] = []
  const root: number[] = []
  const calm: number[] = []
  for (let round = 0; round < rounds; round++) {
    const figures = await oneRound()
    calm.push(figures.calmMs)
    inner.push(figures.innerMs)
    root.push(figures.rootMs)
  }
  return [
    spreadOf('longest silence, nobody killed (1 s)', 'ms', calm),
    spreadOf('longest silence, inner server killed', 'ms', inner),
    spreadOf('longest silence, root killed', 'ms', root),
  ]
}

/** a ── b ── d, a ── c: b is the inner server; the clients that count sit at c and d. */
async function oneRound(): Promise<{ calmMs: number; innerMs: number; rootMs: number }> {
  const network = new BenchNetwork()
  const connections: Connection[] = []
  try {
    await network.startClock()
    const [a, b, c, d] = [
      await network.startServer(undefined),
      await network.startServer(0),
      await network.startServer(0),
      await network.startServer(1),
    ] as [ServerProcess, ServerProcess, ServerProcess, ServerProcess]
    const publishers = await Promise.all([c, d].map((server) => connectTo(server, [c, d])))
    const witnesses = await Promise.all([c, d].map((server) => connectTo(server, [c, d])))
    connections.push(...publishers, ...witnesses)
    const stop = publishSteadily(publishers)
    await pause(1_500)
    const calmMs = await longestSilence(witnesses, () => pause(1_000))
    const innerMs = await longestSilence(witnesses, async () => {
      network.kill(b)
      await until(async () => (await statusOf(a.port))?.children.length === 2, 'd hangs from a')
      await pause(700)
    })
    const rootMs = await longestSilence(witnesses, async () => {
      network.kill(a)
      await until(async () => (await roles([c, d])) === 'child root', 'c and d are one tree')
      await pause(700)
    })
    stop()
    return { calmMs, innerMs, rootMs }
  } finally {
    await Promise.all(connections.map((connection) => connection.close({ now: true })))
    await network.end()
  }
}

function connectTo(server: ServerProcess, others: readonly ServerProcess[]): Promise<Connection> {
  return connect({ servers: [server, ...others].map(({ port }) => ({ host: '127.0.0.1', port })) })
}

async function roles(servers: readonly ServerProcess[]): Promise<string> {
  const statuses = await Promise.all(servers.map((server) => statusOf(server.port)))
  return statuses
    .map((status) => status?.role ?? 'gone')
    .sort()
    .join(' ')
}

function publishSteadily(publishers: readonly Connection[]): () => void {
  let n = 0
  const timer = setInterval(
    () => {
      for (const publisher of publishers) publisher.send({ n: n++ }).catch(() => undefined)
    },
    (1_000 * publishers.length) / messagesPerSecond,
  )
  return () => {
    clearInterval(timer)
  }
}

async function longestSilence(
  witnesses: readonly Connection[],
  happening: () => Promise<void>,
): Promise<number> {
  let longestMs = 0
  const begin = performance.now()
  const watches = witnesses.map((witness) => {
    let lastMs = begin
    const listener = (): void => {
      const nowMs = performance.now()
      longestMs = Math.max(longestMs, nowMs - lastMs)
      lastMs = nowMs
    }
    witness.on('broadcast', listener)
    return () => witness.off('broadcast', listener)
  })
  await happening()
  for (const unwatch of watches) unwatch()
  return longestMs
}
