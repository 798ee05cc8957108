/** Several clocks of one network as real processes, named c1, c2, …, over one etcd. */
import type { JwpProcess, RealNetwork } from './real-network.js'
import { eventually, freePort } from '@jwp/transport'

export interface PeerStatus {
  readonly isLeader: boolean
  readonly leader?: { readonly host: string; readonly port: number }
  readonly terms: number
  readonly trouble?: string
}

export class ClockGroup {
  readonly names: readonly string[]
  readonly #network: RealNetwork
  readonly #etcdUrl: string
  readonly #processes = new Map<string, JwpProcess>()

  /** All are started, and one leads; servers that are started from now on know all of them. */
  static async start(network: RealNetwork, etcdUrl: string, count: number): Promise<ClockGroup> {
    const group = new ClockGroup(network, etcdUrl, count)
    for (const name of group.names) await group.start(name)
    network.clockPlaces = group.names.map((name) => `localhost:${group.port(name)}`).join(',')
    await group.untilLed()
    return group
  }

  /** None is started yet. */
  constructor(network: RealNetwork, etcdUrl: string, count: number) {
    this.#network = network
    this.#etcdUrl = etcdUrl
    this.names = Array.from({ length: count }, (_, k) => `c${k + 1}`)
  }

  port(name: string): number {
    return this.process(name).port
  }

  process(name: string): JwpProcess {
    return this.#processes.get(name)!
  }

  /** A second call starts it again at the same place. */
  async start(name: string, more: readonly string[] = []): Promise<void> {
    const port = this.#processes.get(name)?.port ?? (await freePort())
    const argv = ['clock', '-lp', String(port), '--peers', this.#etcdUrl, ...more]
    this.#processes.set(name, this.#network.start(name, port, argv))
    await eventually(`${name} answers`, () => this.status(name))
  }

  async status(name: string): Promise<PeerStatus | undefined> {
    try {
      const signal = AbortSignal.timeout(500)
      const response = await fetch(`http://127.0.0.1:${this.port(name)}/status`, { signal })
      return (await response.json()) as PeerStatus
    } catch {
      return undefined
    }
  }

  /** The name of the one that leads, when exactly one says so. */
  async leader(names: readonly string[] = this.names): Promise<string | undefined> {
    const statuses = await Promise.all(names.map((name) => this.status(name)))
    const leaders = names.filter((_, i) => statuses[i]?.isLeader === true)
    return leaders.length === 1 ? leaders[0] : undefined
  }

  untilLed(names: readonly string[] = this.names): Promise<string> {
    return eventually(`one of ${names.join(', ')} leads`, () => this.leader(names))
  }

  others(name: string): string[] {
    return this.names.filter((other) => other !== name)
  }

  async kill(name: string): Promise<void> {
    const { child, ended } = this.process(name)
    child.kill('SIGKILL')
    await ended
  }
}
