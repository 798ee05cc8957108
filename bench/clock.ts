/** Timestamps per second from one clock, asked as roots ask: one request out at a time, a batch in each. */
import { dialLink, type Link } from '@jwp/transport'
import { BenchNetwork, pause } from './processes.js'
import { spreadOf, type Spread } from './spread.js'

const batch = 64

export async function measureClock(rounds: number, seconds = 2): Promise<Spread[]> {
  const figures: Spread[] = []
  for (const askers of [1, 16]) {
    const perSecond: number[] = []
    const requests: number[] = []
    for (let round = 0; round < rounds; round++) {
      const answered = await oneRound(askers, seconds)
      requests.push(answered / seconds)
      perSecond.push((answered * batch) / seconds)
    }
    figures.push(spreadOf(`timestamps, ${askers} asking, ${batch} at a time`, 'per second', perSecond))
    figures.push(spreadOf(`requests answered, ${askers} asking`, 'per second', requests))
  }
  return figures
}

async function oneRound(askers: number, seconds: number): Promise<number> {
  const network = new BenchNetwork()
  let answered = 0
  let last = 0
  try {
    await network.startClock()
    const links = await Promise.all(Array.from({ length: askers }, () => dial(network.clockPort)))
    for (const link of links) {
      let nonce = 1
      const ask = (): void => {
        link.send({ type: 'TIME', nonce: nonce++, count: batch, atLeast: 0 })
        link.flush()
      }
      link.onMessages = (messages) => {
        for (const message of messages as { start: number }[]) {
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
  }
}

function dial(port: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    dialLink(
      { host: '127.0.0.1', port },
      {
        onOpen: resolve,
        onFailure: (_why, info) => {
          reject(new Error(info))
        },
      },
    )
  })
}
