/** Prometheus figures, read from the server on request. Nothing is counted per message for their sake. */
import type { ServerStatus } from '@jwp/protocol'
import type { ServerFigures } from '@jwp/server/core'
import { MetricsRegistry } from '@jwp/transport'

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

interface Figures {
  readonly gauge: (name: string, help: string, read: Read) => void
  readonly counter: (name: string, help: string, read: Read) => void
}

/** @throws Error when their library cannot be loaded now */
export function serverMetrics(read: () => Snapshot): MetricsRegistry {
  let now = read()
  const registry = new MetricsRegistry(() => {
    now = read()
  })
  const figures: Figures = {
    gauge: (name, help, read) => {
      registry.gauge(name, help, () => read(now))
    },
    counter: (name, help, read) => {
      registry.counter(name, help, () => read(now))
    },
  }
  describeTree(figures)
  // What the log tells of, by its name there.
  registry.counters(
    'jwp_events_total',
    'Events by name: orphaned, child-lost, clock-lost, entries-cut, late-timers, ...',
    'event',
    () => now.counters.events,
  )
  describeLog(figures)
  describeClients(figures)
  return registry
}

function describeTree({ gauge }: Figures): void {
  gauge('jwp_children', 'Servers attached below', ({ status }) => status.children.length)
  gauge(
    'jwp_depth',
    'Servers between this one and the root, the root included',
    ({ status }) => status.ancestry.length,
  )
  gauge('jwp_is_root', '1 while this server is a root', ({ status }) => isTrue(status.role === 'root'))
  gauge('jwp_is_orphan', '1 while this server looks for a parent', ({ status }) =>
    isTrue(status.role === 'orphan'),
  )
  gauge('jwp_clock_is_lost', '1 while this root orders by hybrid time', ({ status }) =>
    isTrue(status.clock.mode === 'hybrid'),
  )
  gauge(
    'jwp_machine_time_seconds',
    "Unix time by this machine's calendar",
    ({ status }) => (status.times?.machineMs ?? 0) / 1000,
  )
  gauge(
    'jwp_log_time_seconds',
    'Unix time of the log, continued by a monotonic clock; 0: the log has shown no time yet',
    ({ status }) => (status.times?.logMs ?? 0) / 1000,
  )
  gauge(
    'jwp_blocked_links',
    'Links to servers that take in less than they are sent',
    ({ figures }) => figures.blockedLinks,
  )
}

function describeLog({ gauge, counter }: Figures): void {
  gauge('jwp_log_first_index', 'Index of the first log entry kept', ({ status }) => status.log.first)
  gauge('jwp_log_last_index', 'Index of the last log entry', ({ status }) => status.log.last)
  gauge(
    'jwp_log_applied_index',
    'Applied index: this server has delivered the log up to here',
    ({ status }) => status.log.applied,
  )
  gauge(
    'jwp_log_everywhere_index',
    'Stable index: every server has applied the log up to here',
    ({ status }) => status.log.everywhere,
  )
  gauge('jwp_log_bytes', 'Memory of the log, 256 bytes per entry added', ({ status }) => status.log.bytes)
  counter(
    'jwp_log_dropped_entries_total',
    'Entries that the retention has dropped',
    ({ status }) => status.log.first - 1,
  )
  gauge(
    'jwp_pending_entries',
    'Entries without a log position yet, of this server and all below',
    ({ figures }) => figures.queueEntries,
  )
  gauge('jwp_pending_bytes', 'Bytes of these entries', ({ figures }) => figures.queueBytes)
  gauge(
    'jwp_unstored_bytes',
    'Given to the disk and not yet written (--data)',
    ({ figures }) => figures.unstoredBytes,
  )
  gauge('jwp_users', 'Registered users', ({ status }) => status.users)
  gauge('jwp_users_online', 'Users that are connected to any server', ({ status }) => status.online)
  gauge('jwp_publishers', 'Sessions that the log remembers', ({ status }) => status.publishers)
}

function describeClients({ gauge, counter }: Figures): void {
  gauge('jwp_clients', 'Connected clients', ({ status }) => status.clients)
  gauge(
    'jwp_clients_limit',
    'Clients that may be logged in at once (--max-clients); 0: any number',
    ({ status }) => status.maxClients ?? 0,
  )
  gauge(
    'jwp_clients_waiting_for_a_place',
    'Clients that may log in, and wait until some server has room for them',
    ({ figures }) => figures.waitingClients,
  )
  gauge(
    'jwp_servers_starting',
    '1 while this server starts another one (--autoscale)',
    ({ figures }) => figures.startingServers,
  )
  gauge(
    'jwp_blocked_clients',
    'Clients that do not read fast enough',
    ({ figures }) => figures.blockedClients,
  )
  gauge(
    'jwp_slowed_publishers',
    'Clients that are paused because the network is slower than they publish',
    ({ figures }) => figures.slowedPublishers,
  )
  counter(
    'jwp_gaps_told_total',
    'Clients that were away for longer than the log is kept',
    ({ figures }) => figures.gapsSent,
  )
  counter(
    'jwp_activities_missed_total',
    'Activities that they missed, in total',
    ({ figures }) => figures.activitiesMissed,
  )
  counter(
    'jwp_redirected_clients_total',
    'Clients redirected at their login to a server that has fewer',
    ({ figures }) => figures.redirectedClients,
  )
  counter(
    'jwp_moved_clients_total',
    'Clients moved later, when servers came or went',
    ({ figures }) => figures.movedClients,
  )
  counter('jwp_client_lines_in_total', 'Lines read from clients', ({ counters }) => counters.linesIn)
  counter(
    'jwp_client_bytes_out_total',
    'Bytes of deliveries written to clients',
    ({ counters }) => counters.bytesOut,
  )
  counter('jwp_client_writes_total', 'Buffers written to clients', ({ counters }) => counters.writes)
  gauge(
    'jwp_client_unsent_bytes',
    'Bytes written to clients and still buffered in this process',
    ({ counters }) => counters.unsentBytes,
  )
  gauge(
    'jwp_waiting_hashes',
    'Logins and registrations that wait for a hash',
    ({ counters }) => counters.waitingHashes,
  )
}

function isTrue(value: boolean): number {
  return value ? 1 : 0
}
