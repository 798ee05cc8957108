/** Prometheus figures, read from the server when somebody asks. Nothing is counted per message for their sake. */
import type { ServerStatus } from '@jwp/protocol'
import type { ServerFigures } from '@jwp/server/core'
import { loadPromClient } from './prom-client.js'

export interface ShellCounters {
  readonly linesIn: number
  readonly bytesOut: number
  readonly writes: number
  /** Written to clients' sockets, and not taken by the system yet. */
  readonly unsentBytes: number
  /** Logins and registrations that wait for a hash. */
  readonly waitingHashes: number
  /** How often each thing that the log tells of has happened. */
  readonly events: ReadonlyMap<string, number>
}

/** What one scrape shows, all of one moment. */
export interface Snapshot {
  readonly status: ServerStatus
  readonly figures: ServerFigures
  readonly counters: ShellCounters
}

type Read = (now: Snapshot) => number

export class Metrics {
  readonly #library = loadPromClient()
  readonly #registry = new this.#library.Registry()
  readonly #read: () => Snapshot
  #now: Snapshot

  constructor(read: () => Snapshot) {
    this.#read = read
    this.#now = read()
    this.#describeTree()
    this.#describeLog()
    this.#describeClients()
    this.#describeProcess()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    this.#now = this.#read()
    return this.#registry.metrics()
  }

  #describeTree(): void {
    const { version, protocol } = this.#now.status
    const about = { version, protocol_oldest: String(protocol[0]), protocol_newest: String(protocol[1]) }
    new this.#library.Gauge({
      name: 'jwp_version_info',
      help: 'Always 1: the version of the software, and the versions of the protocol that it speaks',
      labelNames: Object.keys(about),
      registers: [this.#registry],
    }).set(about, 1)
    this.#gauge('jwp_children', 'Servers attached below', ({ status }) => status.children.length)
    this.#gauge(
      'jwp_depth',
      'Servers between this one and the root, the root included',
      ({ status }) => status.ancestry.length,
    )
    this.#gauge('jwp_is_root', '1 while this server is a root', ({ status }) =>
      isTrue(status.role === 'root'),
    )
    this.#gauge('jwp_is_orphan', '1 while this server looks for a parent', ({ status }) =>
      isTrue(status.role === 'orphan'),
    )
    this.#gauge('jwp_clock_is_lost', '1 while this root orders by hybrid time', ({ status }) =>
      isTrue(status.clock.mode === 'hybrid'),
    )
    this.#gauge(
      'jwp_machine_time_seconds',
      "Unix time by this machine's calendar",
      ({ status }) => (status.times?.machineMs ?? 0) / 1000,
    )
    this.#gauge(
      'jwp_log_time_seconds',
      'Unix time as the log shows it, counted on by a watch that nobody sets; 0: it has not shown any yet',
      ({ status }) => (status.times?.logMs ?? 0) / 1000,
    )
    this.#gauge(
      'jwp_blocked_links',
      'Links to servers that take in less than they are sent',
      ({ figures }) => figures.blockedLinks,
    )
    this.#events()
  }

  #describeLog(): void {
    this.#gauge('jwp_log_first_index', 'Index of the first log entry kept', ({ status }) => status.log.first)
    this.#gauge('jwp_log_last_index', 'Index of the last log entry', ({ status }) => status.log.last)
    this.#gauge(
      'jwp_log_applied_index',
      'Index up to which the log was delivered',
      ({ status }) => status.log.applied,
    )
    this.#gauge(
      'jwp_log_everywhere_index',
      'Index up to which every server has delivered',
      ({ status }) => status.log.everywhere,
    )
    this.#gauge(
      'jwp_log_bytes',
      'Memory of the log, 256 bytes per entry added',
      ({ status }) => status.log.bytes,
    )
    this.#counter(
      'jwp_log_dropped_entries_total',
      'Entries that the retention has dropped',
      ({ status }) => status.log.first - 1,
    )
    this.#gauge(
      'jwp_pending_entries',
      'Entries without a place in the log yet, of this server and all below',
      ({ figures }) => figures.queueEntries,
    )
    this.#gauge('jwp_pending_bytes', 'The same in bytes', ({ figures }) => figures.queueBytes)
    this.#gauge(
      'jwp_unstored_bytes',
      'Given to the disk and not yet written (--data)',
      ({ figures }) => figures.unstoredBytes,
    )
    this.#gauge('jwp_users', 'Registered users', ({ status }) => status.users)
    this.#gauge('jwp_users_online', 'Users that are connected somewhere', ({ status }) => status.online)
    this.#gauge('jwp_publishers', 'Sessions that the log remembers', ({ status }) => status.publishers)
  }

  #describeClients(): void {
    this.#gauge('jwp_clients', 'Connected clients', ({ status }) => status.clients)
    this.#gauge(
      'jwp_clients_limit',
      'Clients that may be logged in at once (--max-clients); 0: any number',
      ({ status }) => status.maxClients ?? 0,
    )
    this.#gauge(
      'jwp_clients_waiting_for_a_place',
      'Clients that may log in, and wait until some server has a place for them',
      ({ figures }) => figures.waitingClients,
    )
    this.#gauge(
      'jwp_servers_starting',
      '1 while this server starts another one (--autoscale)',
      ({ figures }) => figures.startingServers,
    )
    this.#gauge(
      'jwp_blocked_clients',
      'Clients that do not read fast enough',
      ({ figures }) => figures.blockedClients,
    )
    this.#gauge(
      'jwp_slowed_publishers',
      'Clients that are not read, since the network is slower than they are',
      ({ figures }) => figures.slowedPublishers,
    )
    this.#counter(
      'jwp_gaps_told_total',
      'Clients that were away beyond the retention',
      ({ figures }) => figures.gapsTold,
    )
    this.#counter(
      'jwp_activities_missed_total',
      'What they missed, all together',
      ({ figures }) => figures.activitiesMissed,
    )
    this.#counter(
      'jwp_redirected_clients_total',
      'Clients sent on at their login, to a server that has fewer',
      ({ figures }) => figures.redirectedClients,
    )
    this.#counter(
      'jwp_moved_clients_total',
      'Clients moved later, when servers came or went',
      ({ figures }) => figures.movedClients,
    )
    this.#counter('jwp_client_lines_in_total', 'Lines read from clients', ({ counters }) => counters.linesIn)
    this.#counter(
      'jwp_client_bytes_out_total',
      'Bytes of deliveries written to clients',
      ({ counters }) => counters.bytesOut,
    )
    this.#counter('jwp_client_writes_total', 'Buffers written to clients', ({ counters }) => counters.writes)
    this.#gauge(
      'jwp_client_unsent_bytes',
      'Written to clients and still in our memory',
      ({ counters }) => counters.unsentBytes,
    )
    this.#gauge(
      'jwp_waiting_hashes',
      'Logins and registrations that wait for a hash',
      ({ counters }) => counters.waitingHashes,
    )
  }

  #describeProcess(): void {
    this.#gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss())
    this.#gauge(
      'nodejs_heap_size_used_bytes',
      'Memory of its JavaScript objects',
      () => process.memoryUsage().heapUsed,
    )
    this.#gauge('nodejs_external_memory_bytes', 'Memory of its buffers', () => process.memoryUsage().external)
    this.#counter('process_cpu_seconds_total', 'Processor time of the process', () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    })
  }

  /** What the log tells of, by its name there. */
  #events(): void {
    const now = (): Snapshot => this.#now
    new this.#library.Counter({
      name: 'jwp_events_total',
      help: 'How often it happened: orphaned, child-lost, clock-lost, entries-cut, late-timers, ...',
      labelNames: ['event'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [event, count] of now().counters.events) this.inc({ event }, count)
      },
    })
  }

  #gauge(name: string, help: string, read: Read): void {
    const now = (): Snapshot => this.#now
    new this.#library.Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read(now()))
      },
    })
  }

  #counter(name: string, help: string, read: Read): void {
    const now = (): Snapshot => this.#now
    new this.#library.Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(read(now()))
      },
    })
  }
}

function isTrue(value: boolean): number {
  return value ? 1 : 0
}
