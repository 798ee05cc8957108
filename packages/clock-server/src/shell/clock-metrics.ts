/** Prometheus figures of a clock, read when somebody asks. Nothing is counted for their sake. */
import { protocolVersions, softwareVersion, ticksPerMs } from '@jwp/protocol'
import type * as PromClient from 'prom-client'
import type { ClockEngine, LeadershipState } from './clock-engine.js'
import { loadPromClient } from './prom-client.js'

export class ClockMetrics {
  readonly #library = loadPromClient()
  readonly #registry = new this.#library.Registry()

  constructor(engine: ClockEngine, servers: () => number) {
    const { Counter, Gauge } = this.#library
    const state = (): ClockEngine['state'] => engine.state
    const gauge = (name: string, help: string, read: () => number): void => {
      const collect = function (this: PromClient.Gauge): void {
        this.set(read())
      }
      new Gauge({ name, help, registers: [this.#registry], collect })
    }
    const counter = (name: string, help: string, read: () => number): void => {
      const collect = function (this: PromClient.Counter): void {
        this.reset()
        this.inc(read())
      }
      new Counter({ name, help, registers: [this.#registry], collect })
    }
    const [oldest, newest] = protocolVersions.map(String)
    const about = { version: softwareVersion, protocol_oldest: oldest!, protocol_newest: newest! }
    new Gauge({
      name: 'jwp_version_info',
      help: 'Always 1: the version of the software, and the versions of the protocol that it speaks',
      labelNames: Object.keys(about),
      registers: [this.#registry],
    }).set(about, 1)
    gauge('jwp_clock_servers', 'Connected servers', servers)
    counter('jwp_clock_timestamps_total', 'Timestamps given out', () => state().served)
    counter('jwp_clock_refusals_total', 'Requests refused', () => state().refused)
    gauge('jwp_clock_waiting_requests', 'Requests that wait for the ceiling', () => state().waiting)
    gauge('jwp_clock_last_timestamp', 'The last timestamp that was given out', () => state().last)
    gauge(
      'jwp_clock_reserve_ms',
      'Time that may be given out before the ceiling must be raised again',
      () => (state().ceiling - state().last) / ticksPerMs,
    )
    gauge('jwp_clock_ceiling', 'The ceiling: nothing at or above it was given out', () => state().ceiling)
    if (engine.leadership !== undefined) {
      const leadership = (): LeadershipState => engine.leadership!
      gauge('jwp_clock_is_leader', '1 while this one of several clocks leads', () =>
        leadership().isLeader ? 1 : 0,
      )
      gauge('jwp_clock_knows_leader', '1 while it leads or knows who does', () =>
        leadership().isLeader || leadership().leader !== undefined ? 1 : 0,
      )
      gauge(
        'jwp_clock_lease_left_ms',
        'Time until this leader must have renewed its lease; 0: it does not lead',
        () => leadership().leaseLeftMs,
      )
      counter('jwp_clock_reigns_total', 'How often it began to lead', () => leadership().reigns)
      counter('jwp_clock_sent_on_total', 'Requests that were sent on', () => leadership().sentOn)
      counter('jwp_clock_store_failures_total', 'Calls to etcd that failed', () => leadership().storeFailures)
    }
    gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss())
    counter('process_cpu_seconds_total', 'Processor time of the process', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
