/** Three clocks over etcd; the one that leads is killed with SIGKILL, again and again: how long does nobody serve? */
import { EtcdProcess } from '#support/etcd-process.js'
import { dialLink, type Link } from '@jwp/transport'
import { BenchNetwork, pause, until, type PeerClockProcess } from './processes.js'
import { spreadOf, type Spread } from './spread.js'

/** Every clock is asked this often, so that the gap is the clocks' and not the asker's. */
const askEveryMs = 2

export async function measureFailover(rounds: number): Promise<Spread> {
  const etcd = await EtcdProcess.start()
  const network = new BenchNetwork()
  const gapsMs: number[] = []
  try {
    const clocks: PeerClockProcess[] = []
    while (clocks.length < 3) clocks.push(await network.startPeerClock(etcd.url))
    for (let round = 0; round < rounds; round++) {
      const asker = await Asker.at(clocks.map(({ port }) => port))
      await until(() => asker.servedBy !== undefined, 'one of the clocks serves')
      // Leases are renewed four times a second: killed at any moment between two renewals.
      await pause(1_000 + Math.random() * 250)
      const port = asker.servedBy!
      const at = clocks.findIndex((clock) => clock.port === port)
      clocks[at]!.child.kill('SIGKILL')
      await until(() => asker.servedBy !== port, 'another clock serves')
      gapsMs.push(asker.servedSinceMs - asker.lastOf(port))
      asker.close()
      clocks[at] = await network.startPeerClock(etcd.url, port)
    }
  } finally {
    await network.end()
    await etcd.end()
  }
  return spreadOf('no timestamps from anybody after kill -9 of the leading clock', 'ms', gapsMs)
}

/** Asks all clocks all the time. */
class Asker {
  readonly #links: readonly Link[]
  readonly #timer: NodeJS.Timeout
  readonly #lastOf = new Map<number, number>()
  /** The port of the clock that serves. */
  servedBy: number | undefined
  /** When it gave its first. */
  servedSinceMs = 0
  #highest = 0

  static async at(ports: readonly number[]): Promise<Asker> {
    return new Asker(ports, await Promise.all(ports.map((port) => dial(port))))
  }

  private constructor(ports: readonly number[], links: readonly Link[]) {
    this.#links = links
    for (const [i, link] of links.entries()) {
      link.onMessages = (messages) => {
        for (const message of messages as { type: string; start: number }[])
          if (message.type === 'GRANT') this.#granted(ports[i]!, message.start)
      }
    }
    let nonce = 1
    this.#timer = setInterval(() => {
      for (const link of links) {
        link.send({ type: 'TIME', nonce: nonce++, count: 1, atLeast: 0 })
        link.flush()
      }
    }, askEveryMs)
  }

  /** When this clock gave its last. */
  lastOf(port: number): number {
    return this.#lastOf.get(port)!
  }

  close(): void {
    clearInterval(this.#timer)
    for (const link of this.#links) link.close()
  }

  #granted(port: number, start: number): void {
    const nowMs = performance.now()
    if (start <= this.#highest) throw new Error('a timestamp went back')
    this.#highest = start
    if (this.servedBy !== port) this.servedSinceMs = nowMs
    this.servedBy = port
    this.#lastOf.set(port, nowMs)
  }
}

export function dial(port: number): Promise<Link> {
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
