/** Figures for Prometheus, read on request: nothing is counted for their sake. */
import { performance } from 'node:perf_hooks'
import { serverProtocolVersions, softwareVersion } from '@jwp/protocol'
import type { HttpAnswer } from './http-router.js'
import { OpenDescriptors } from './open-descriptors.js'
import { loadPromClient, type PromClient } from './prom-client.js'

/**
 * Of the library's own figures: what lists every socket of the process, which takes 10 to 30 ms with 8,000 of them (a
 * process that has so many counts its clients itself), and what wakes an idle process.
 */
const tooDear = [
  'process_open_fds',
  ...['handles', 'requests', 'resources'].flatMap((what) => [
    `nodejs_active_${what}`,
    `nodejs_active_${what}_total`,
  ]),
  ...['', 'min_', 'max_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_'].map(
    (which) => `nodejs_eventloop_lag_${which}seconds`,
  ),
]

/** The library samples the event loop whether its lag is read or not: as seldom as a timer can be set, 24 days. */
const neverMs = 2 ** 31 - 1

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
    const descriptors = new OpenDescriptors()
    this.#library.collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: neverMs,
    })
    for (const name of tooDear) this.#registry.removeSingleMetric(name)
    this.counter(
      'nodejs_eventloop_active_seconds_total',
      'Time for which the event loop had something to do',
      () => performance.eventLoopUtilization().active / 1_000,
    )
    this.gauge('process_open_fds', 'Number of open file descriptors.', () => descriptors.count())
    const [oldest, newest] = serverProtocolVersions.map(String)
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

  /** Several counters of one name, distinguished by a label. */
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
