/** Prometheus figures of a clock, read when somebody asks. Nothing is counted for their sake. */
import { ticksPerMs } from '@jwp/protocol'
import { Counter, Gauge, Registry } from 'prom-client'

export interface ClockState {
  readonly last: number
  readonly ceiling: number
  readonly served: number
  readonly refused: number
  readonly waiting: number
}

export class ClockMetrics {
  readonly #registry = new Registry()

  constructor(state: () => ClockState, servers: () => number) {
    const gauge = (name: string, help: string, read: () => number): void => {
      const collect = function (this: Gauge): void {
        this.set(read())
      }
      new Gauge({ name, help, registers: [this.#registry], collect })
    }
    const counter = (name: string, help: string, read: () => number): void => {
      const collect = function (this: Counter): void {
        this.reset()
        this.inc(read())
      }
      new Counter({ name, help, registers: [this.#registry], collect })
    }
    gauge('jwp_clock_servers', 'Connected servers', servers)
    counter('jwp_clock_timestamps_total', 'Timestamps given out', () => state().served)
    counter('jwp_clock_refusals_total', 'Requests refused', () => state().refused)
    gauge('jwp_clock_waiting_requests', 'Requests that wait for the disk', () => state().waiting)
    gauge('jwp_clock_last_timestamp', 'The last timestamp that was given out', () => state().last)
    gauge(
      'jwp_clock_reserve_ms',
      'Time that may be given out before the file must be written again',
      () => (state().ceiling - state().last) / ticksPerMs,
    )
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
