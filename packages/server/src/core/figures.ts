/** What whoever runs a server watches beside its status: what waits, who is slow, what was missed. */
import type { Parts } from './parts.js'

export interface ServerFigures {
  /** Clients whose sockets are full: they read the log at their own pace. */
  readonly blockedClients: number
  /** Clients that are not read, since the network is slower than its publishers. */
  readonly slowedPublishers: number
  /** Links to other servers whose send buffers are full. */
  readonly blockedLinks: number
  /** Entries without a place in the log, ours and those of everybody below. */
  readonly queueEntries: number
  readonly queueBytes: number
  /** Given to the disk and not yet confirmed, in bytes. */
  readonly unstoredBytes: number
  /** Clients that were told that the retention has passed them by, since the start. */
  readonly gapsTold: number
  /** What those clients missed, all together. */
  readonly activitiesMissed: number
  /** Clients sent on to a server with fewer: at their login… */
  readonly redirectedClients: number
  /** …and later, when servers came or went. */
  readonly movedClients: number
  /** Clients that may log in and wait until there is a place for them, here or elsewhere. */
  readonly waitingClients: number
  /** Servers that we are starting now. */
  readonly startingServers: number
}

export function figuresOf(parts: Parts): ServerFigures {
  const { streams, clients, links, queue, persistence, balance, capacity, provisioning } = parts
  let blockedLinks = 0
  for (const { blockedSinceMs } of links.all()) if (blockedSinceMs !== undefined) blockedLinks++
  return {
    blockedClients: streams.blockedCount,
    slowedPublishers: clients.slowedCount,
    blockedLinks,
    queueEntries: queue.size,
    queueBytes: queue.bytes,
    unstoredBytes: persistence.unstoredBytes,
    gapsTold: streams.gapsTold,
    activitiesMissed: streams.activitiesMissed,
    redirectedClients: balance.redirectedCount,
    movedClients: balance.movedCount,
    waitingClients: capacity.waitingCount,
    startingServers: provisioning.isStarting ? 1 : 0,
  }
}
