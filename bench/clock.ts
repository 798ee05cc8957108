/**
 * Timestamps per second from one clock, and from the one that leads of three over etcd, asked as roots ask: one request
 * out at a time, a batch in each. And how long nobody gives any when the leader is killed.
 */
import { EtcdProcess } from '#support/etcd-process.js'
import { dial, measureFailover } from './clock-failover.js'
import { BenchNetwork, pause } from './processes.js'
import { spreadOf, type Spread } from './spread.js'

const batch = 64

export async function measureClock(rounds: number, seconds = 2): Promise<Spread[]> {
  const figures: Spread[] = []
  for (const which of ['only clock', 'leader of three over etcd'] as const) {
    for (const askers of [1, 16]) {
      const perSecond: number[] = []
      const requests: number[] = []
      for (let round = 0; round < rounds; round++) {
        const answered = await oneRound(which === 'only clock' ? undefined : 3, askers, seconds)
        requests.push(answered / seconds)
        perSecond.push((answered * batch) / seconds)
      }
      figures.push(
        spreadOf(`timestamps, ${which}, ${askers} asking, ${batch} at a time`, 'per second', perSecond),
        spreadOf(`requests answered, ${which}, ${askers} asking`, 'per second', requests),
      )
    }
  }
  return [...figures, await measureFailover(rounds)]
}

/** @param peers how many clocks there are over one etcd; undefined: one, with its file */
async function oneRound(peers: number | undefined, askers: number, seconds: number): Promise<number> {
  const network = new BenchNetwork()
  const etcd = peers === undefined ? undefined : await EtcdProcess.start()
  let answered = 0
  let last = 0
  try {
    if (etcd === undefined) await network.startClock()
    else {
      // The first one leads.
      network.clockPort = (await network.startPeerClock(etcd.url)).port
      for (let more = 1; more < peers!; more++) await network.startPeerClock(etcd.url)
    }
    const links = await Promise.all(Array.from({ length: askers }, () => dial(network.clockPort)))
    for (const link of links) {
      let nonce = 1
      const ask = (): void => {
        link.send({ type: 'TIME', nonce: nonce++, count: batch, atLeast: 0 })
        link.flush()
      }
      link.onMessages = (messages) => {
        for (const message of messages as { start?: number }[]) {
          if (message.start === undefined) throw new Error('the clock gives nothing')
          if (message.start <= last && askers === 1) throw new Error('a timestamp went back')
          last = message.start
          answered++
        }
        ask()
      }
      ask()
    }
    await pause(300)
    answered = 0
    await pause(seconds * 1_000)
    const total = answered
    for (const link of links) link.close()
    return total
  } finally {
    await network.end()
    await etcd?.end()
  }
}
