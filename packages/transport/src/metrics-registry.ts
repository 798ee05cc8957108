/** Figures for Prometheus, read when somebody asks: nothing is counted for their sake. */
import { protocolVersions, softwareVersion } from '@jwp/protocol'
import type { HttpAnswer } from './http-router.js'
import { loadPromClient, type PromClient } from './prom-client.js'

/**
 * Of the library's own figures: they list every socket of the process, which takes 10 to 30 ms with 8,000 of them, and a
 * process that has so many counts its clients itself.
 */
const tooDear = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

export class MetricsRegistry {
  readonly #library = loadPromClient()
  readonly #registry = new this.#library.Registry()
  readonly #refresh: () => void

  /**
   * With the version and the figures of the process (`process_…`, `nodejs_…`).
   *
   * @param refresh is called before figures are read, so that all of one answer are of one moment
   * @throws Error when the library cannot be loaded now
   */
  constructor(refresh: () => void = () => undefined) {
    this.#refresh = refresh
    this.#library.collectDefaultMetrics({ register: this.#registry })
    for (const name of tooDear) this.#registry.removeSingleMetric(name)
    const [oldest, newest] = protocolVersions.map(String)
    const about = { version: softwareVersion, protocol_oldest: oldest!, protocol_newest: newest! }
    new this.#library.Gauge({
      name: 'jwp_version_info',
      help: 'Always 1: the version of the software, and the versions of the protocol that it speaks',
      labelNames: Object.keys(about),
      registers: [this.#registry],
    }).set(about, 1)
  }

  /** What may go up and down. */
  gauge(name: string, help: string, read: () => number): void {
    new this.#library.Gauge({
      name,
      help,
      registers: [this.#registry],
      collect(this: PromClient.Gauge) {
        this.set(read())
      },
    })
  }

  /** What only goes up while the process lives. */
  counter(name: string, help: string, read: () => number): void {
    new this.#library.Counter({
      name,
      help,
      registers: [this.#registry],
      collect(this: PromClient.Counter) {
        this.reset()
        this.inc(read())
      },
    })
  }

  /** Several counters of one name, told apart by a label. */
  counters(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    new this.#library.Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect(this: PromClient.Counter) {
        this.reset()
        for (const [value, count] of read()) this.inc({ [label]: value }, count)
      },
    })
  }

  async answer(): Promise<HttpAnswer> {
    this.#refresh()
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType }
  }
}
