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
    const { seconds, cpuSeconds } = await oneRound(messages)
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

async function oneRound(messages: number): Promise<{ seconds: number; cpuSeconds: number }> {
  const network = new BenchNetwork()
  try {
    await network.startClock()
    for (let i = 0; i < serverCount; i++) await network.startServer(i === 0 ? undefined : 0)
    const clients = await Promise.all(
      Array.from({ length: clientCount }, (_, i) => LoadClient.login(network.servers[i % serverCount]!.port)),
    )
    const publisher = await LoadClient.login(network.servers[0]!.port)
    const line = `${JSON.stringify({ command: 'ACTIVITY_MESSAGE', username: 'anonymous', activity: { type: 'Note', text: 'x'.repeat(80) } })}\n`
    const lines = line.repeat(batch)
    const cpuBefore = network.cpuSeconds()
    const begin = performance.now()
    for (let sent = 0; sent < messages; sent += batch) if (!publisher.write(lines)) await publisher.drained()
    const everybody = [...clients, publisher]
    await until(
      () => everybody.every((client) => client.lines >= messages + 1),
      'every client has every message',
      60_000,
    )
    const seconds = (performance.now() - begin) / 1_000
    const cpuSeconds = network.cpuSeconds() - cpuBefore
    for (const client of everybody) client.end()
    return { seconds, cpuSeconds }
  } finally {
    await network.end()
  }
}
