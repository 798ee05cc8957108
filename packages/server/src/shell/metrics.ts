/** Prometheus figures, read from the server when somebody asks. Nothing is counted per message for their sake. */
import type { ServerStatus } from '@jwp/protocol'
import { Gauge, Registry } from 'prom-client'

export interface ShellCounters {
  readonly linesIn: number
  readonly bytesOut: number
  readonly writes: number
}

export class Metrics {
  readonly #registry = new Registry()

  constructor(status: () => ServerStatus, counters: () => ShellCounters) {
    this.#gauge('jwp_clients', 'Connected clients', () => status().clients)
    this.#gauge('jwp_children', 'Servers attached below', () => status().children.length)
    this.#gauge(
      'jwp_depth',
      'Servers between this one and the root, the root included',
      () => status().ancestry.length,
    )
    this.#gauge('jwp_is_root', '1 while this server is a root', () => (status().role === 'root' ? 1 : 0))
    this.#gauge('jwp_log_last_index', 'Index of the last log entry', () => status().log.last)
    this.#gauge(
      'jwp_log_applied_index',
      'Index up to which the log was delivered',
      () => status().log.applied,
    )
    this.#gauge(
      'jwp_log_everywhere_index',
      'Index up to which every server has delivered',
      () => status().log.everywhere,
    )
    this.#gauge('jwp_log_bytes', 'Bytes of activities kept in the log', () => status().log.bytes)
    this.#gauge('jwp_pending_entries', 'Entries without a place in the log yet', () => status().pending)
    this.#gauge('jwp_users', 'Registered users', () => status().users)
    this.#gauge('jwp_client_lines_in_total', 'Lines read from clients', () => counters().linesIn)
    this.#gauge(
      'jwp_client_bytes_out_total',
      'Bytes of deliveries written to clients',
      () => counters().bytesOut,
    )
    this.#gauge('jwp_client_writes_total', 'Buffers written to clients', () => counters().writes)
    this.#gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss())
    this.#gauge('process_cpu_seconds_total', 'Processor time of the process', () => {
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

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }
}
