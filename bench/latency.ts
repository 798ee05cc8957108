/** From publish to delivery on another server, at 2,000 messages a second in total. */
import { connect } from '@jwp/client'
import { BenchNetwork, pause } from './processes.js'
import { quantile, spreadOf, type Spread } from './spread.js'

const messagesPerSecond = 2_000
/** Messages leave in small bursts this often, as timers are no finer. */
const everyMs = 5

export async function measureLatency(rounds: number, seconds = 5): Promise<Spread[]> {
  const p50: number[] = []
  const p99: number[] = []
  for (let round = 0; round < rounds; round++) {
    const sorted = (await oneRound(seconds)).sort((a, b) => a - b)
    p50.push(quantile(sorted, 0.5))
    p99.push(quantile(sorted, 0.99))
  }
  return [
    spreadOf(`publish to delivery at another server, ${messagesPerSecond}/s, p50`, 'ms', p50),
    spreadOf(`publish to delivery at another server, ${messagesPerSecond}/s, p99`, 'ms', p99),
  ]
}

/** Publishers at two children, a receiver at the third, so that every message crosses the root. */
async function oneRound(seconds: number): Promise<number[]> {
  const network = new BenchNetwork()
  try {
    await network.startClock()
    for (let i = 0; i < 4; i++) await network.startServer(i === 0 ? undefined : 0)
    const at = (i: number): Promise<Awaited<ReturnType<typeof connect>>> =>
      connect({ servers: [{ host: '127.0.0.1', port: network.servers[i]!.port }] })
    const publishers = [await at(1), await at(2)]
    const receiver = await at(3)
    const latencies: number[] = []
    let counting = false
    receiver.on('broadcast', ({ activity }) => {
      if (counting) latencies.push(performance.now() - (activity['sentMs'] as number))
    })
    const perTurn = (messagesPerSecond * everyMs) / 1_000 / publishers.length
    const timer = setInterval(() => {
      for (const publisher of publishers) {
        for (let k = 0; k < perTurn; k++) publisher.send({ sentMs: performance.now() }).catch(() => undefined)
      }
    }, everyMs)
    await pause(1_500)
    counting = true
    await pause(seconds * 1_000)
    counting = false
    clearInterval(timer)
    await Promise.all([...publishers, receiver].map((connection) => connection.close({ now: true })))
    return latencies
  } finally {
    await network.end()
  }
}
