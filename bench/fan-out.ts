/** 3 servers, 60 clients, one publisher: deliveries per second, and what a million of them cost the servers together. */
import { BenchNetwork, until } from './processes.js'
import { LoadClient } from './load-client.js'
import { spreadOf, type Spread } from './spread.js'

const serverCount = 3
const clientCount = 60
/** Lines per write of the publisher. */
const batch = 100

export async function measureFanOut(rounds: number, messages = 40_000): Promise<Spread[]> {
  const perSecond: number[] = []
  const cpuPerMillion: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { seconds, cpuSeconds } = await streamOnce({ messages })
    const deliveries = messages * (clientCount + 1)
    perSecond.push(deliveries / seconds)
    cpuPerMillion.push((cpuSeconds / deliveries) * 1e6)
  }
  return [
    spreadOf(
      `deliveries, ${serverCount} servers, ${clientCount} clients, one publisher`,
      'per second',
      perSecond,
    ),
    spreadOf('processor time of all servers per million deliveries', 's', cpuPerMillion),
  ]
}

export interface Stream {
  readonly messages: number
  /** Clients that receive, beside the publishers; spread over the servers. */
  readonly clients?: number
  /** Each at a server of its own. */
  readonly publishers?: number
  /** Flags for the server with this number. */
  readonly flags?: (server: number, folder: string) => readonly string[]
}

/** Publishers send as fast as they are read; over when everybody has everything. */
export async function streamOnce({
  messages,
  clients: count = clientCount,
  publishers: publisherCount = 1,
  flags = () => [],
}: Stream): Promise<{ seconds: number; cpuSeconds: number }> {
  const network = new BenchNetwork()
  try {
    await network.startClock()
    for (let i = 0; i < serverCount; i++)
      await network.startServer(i === 0 ? undefined : 0, flags(i, network.folder))
    const login = (i: number): Promise<LoadClient> => LoadClient.login(network.servers[i % serverCount]!.port)
    const clients = await Promise.all(Array.from({ length: count }, (_, i) => login(i)))
    const publishers = await Promise.all(Array.from({ length: publisherCount }, (_, i) => login(i)))
    const line = `${JSON.stringify({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: { type: 'Note', text: 'x'.repeat(80) } })}\n`
    const lines = line.repeat(batch)
    const cpuBefore = network.cpuSeconds()
    const begin = performance.now()
    await Promise.all(
      publishers.map(async (publisher) => {
        for (let sent = 0; sent < messages / publisherCount; sent += batch)
          if (!publisher.write(lines)) await publisher.drained()
      }),
    )
    const all = [...clients, ...publishers]
    await until(
      () => all.every((client) => client.lines >= messages + 1),
      'every client has every message',
      60_000,
    )
    const seconds = (performance.now() - begin) / 1_000
    const cpuSeconds = network.cpuSeconds() - cpuBefore
    for (const client of all) client.end()
    return { seconds, cpuSeconds }
  } finally {
    await network.end()
  }
}
