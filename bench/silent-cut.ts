/**
 * Silent cuts: a server's line stops carrying anything, without FIN or RST, as when a cable is pulled. The longest silence
 * that a client elsewhere sees, for the default heartbeat and for others; a process that dies is noticed at once by its
 * sockets (`healing`), this only by its silence.
 */
import { connect, type Connection } from '@jwp/client'
import { freePort, Relay, type Flow } from '@jwp/transport'
import { BenchNetwork, pause, statusOf, until } from './processes.js'
import { quantile, spreadOf, type Spread } from './spread.js'

const messagesPerSecond = 200

/** In milliseconds; the first is the default. A silence limit of four heartbeats, as there. */
const beats = [
  { heartbeat: 250, limit: 1_000 },
  { heartbeat: 100, limit: 400 },
  { heartbeat: 50, limit: 200 },
]

const open: Flow = { toTarget: true, fromTarget: true }
const cut: Flow = { toTarget: false, fromTarget: false }

/** Two cuts of each kind in every round. */
const cutsPerRound = 2

export async function measureSilentCut(rounds: number): Promise<Spread[]> {
  const figures: Spread[] = []
  for (const beat of beats) {
    const lines: number[] = []
    const roots: number[] = []
    for (let round = 0; round < rounds; round++) {
      const network = await CutNetwork.start(beat)
      try {
        for (let cut = 0; cut < cutsPerRound; cut++) {
          lines.push(await network.cutLine())
          roots.push(await network.cutRoot())
        }
      } finally {
        await network.end()
      }
    }
    const beatWords = `heartbeat ${beat.heartbeat} ms, limit ${beat.limit} ms`
    figures.push(...withP99(`silence, line to the parent cut (${beatWords})`, lines))
    figures.push(...withP99(`silence, root cut off (${beatWords})`, roots))
  }
  return figures
}

function withP99(name: string, values: readonly number[]): Spread[] {
  const sorted = [...values].sort((a, b) => a - b)
  return [spreadOf(name, 'ms', values), spreadOf(`… its 99th percentile`, 'ms', [quantile(sorted, 0.99)])]
}

interface Site {
  /** Its own address of this machine: it listens there and connects from there. */
  readonly address: string
  readonly relay: Relay
  readonly port: number
  readonly witness: Connection
}

/** a ── b, a ── c, a ── d, each behind a relay, with a client at each that talks to its own server directly. */
class CutNetwork {
  readonly #network = new BenchNetwork()
  readonly #sites: Site[] = []
  #timer: NodeJS.Timeout | undefined

  static async start(beat: { heartbeat: number; limit: number }): Promise<CutNetwork> {
    const network = new CutNetwork()
    try {
      await network.#network.startClock()
      for (let at = 0; at < 4; at++) await network.#addSite(at, beat)
    } catch (error) {
      await network.end()
      throw error
    }
    let n = 0
    network.#timer = setInterval(
      () => {
        for (const { witness } of network.#sites) witness.send({ n: n++ }).catch(() => undefined)
      },
      (1_000 * 4) / messagesPerSecond,
    )
    await pause(1_500)
    return network
  }

  /** Between a server that is not the root, and its parent. The silence that its client sees until it has another one. */
  async cutLine(): Promise<number> {
    const root = await this.#root()
    const child = this.#sites.find((site) => site !== root)!
    return this.#whileCut([child], root, child)
  }

  /** The root from all servers. The silence that clients at the others see until there is another root. */
  async cutRoot(): Promise<number> {
    const root = await this.#root()
    const others = this.#sites.filter((site) => site !== root)
    return this.#whileCut(others, root)
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    for (const { witness, relay } of this.#sites) {
      await witness.close({ now: true })
      relay.close()
    }
    await this.#network.end()
  }

  /**
   * Nothing passes between `root` and `child` (all others if undefined) until the witnesses hear messages again, and some
   * time more.
   */
  async #whileCut(witnesses: readonly Site[], root: Site, child?: Site): Promise<number> {
    const meters = witnesses.map(({ witness }) => new Silence(witness))
    const others = child === undefined ? this.#sites.filter((site) => site !== root) : [child]
    const addresses = others.map(({ address }) => address)
    root.relay.setFlow((from) => (addresses.includes(from) ? cut : open))
    for (const { relay } of others) relay.setFlow((from) => (from === root.address ? cut : open))
    await until(() => meters.every((meter) => meter.hasEnded), 'messages flow around the cut')
    await pause(300)
    const longestMs = Math.max(...meters.map((meter) => meter.stop()))
    for (const { relay } of this.#sites) relay.setFlow(() => open)
    await this.#untilWhole()
    await pause(500)
    return longestMs
  }

  async #root(): Promise<Site> {
    let found: Site | undefined
    await until(async () => {
      const roles = await this.#roles()
      found = this.#sites[roles.indexOf('root')]
      return found !== undefined
    }, 'there is a root')
    return found!
  }

  #untilWhole(): Promise<void> {
    return until(
      async () => [...(await this.#roles())].sort().join(' ') === 'child child child root',
      'all are one tree',
    )
  }

  #roles(): Promise<string[]> {
    return Promise.all(
      this.#sites.map(async ({ address, port }) => (await statusOf(port, address))?.role ?? 'gone'),
    )
  }

  async #addSite(at: number, beat: { heartbeat: number; limit: number }): Promise<void> {
    const address = `127.7.2.${at + 1}`
    const port = await freePort()
    const relay = await Relay.listen({ host: `127.7.3.${at + 1}`, target: { host: address, port } })
    await this.#network.startServer(
      at === 0 ? undefined : 0,
      ['--heartbeat', String(beat.heartbeat), '--silence-limit', String(beat.limit)],
      { host: address, port, advertised: relay },
    )
    const witness = await connect({ servers: [{ host: address, port }] })
    this.#sites.push({ address, relay, port, witness })
  }
}

/** The longest silence of a client since this was made. */
class Silence {
  readonly #witness: Connection
  readonly #beganMs = performance.now()
  #lastMs = this.#beganMs
  #longestMs = 0
  #arrivals: number[] = []

  constructor(witness: Connection) {
    this.#witness = witness
    witness.on('broadcast', this.#heard)
  }

  /** It was silent for a while, and then many messages came: no last ones that were still under way. */
  get hasEnded(): boolean {
    return this.#longestMs > 100 && this.#arrivals.length > 20
  }

  stop(): number {
    this.#witness.off('broadcast', this.#heard)
    return this.#longestMs
  }

  readonly #heard = (): void => {
    const nowMs = performance.now()
    if (nowMs - this.#lastMs > 100) this.#arrivals = []
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    this.#arrivals.push(nowMs)
  }
}
