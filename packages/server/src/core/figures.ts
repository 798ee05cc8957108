/** What operators watch beside the status of a server: what waits, which peers are slow, what was missed. */
import type { FanOut } from './clients/fan-out.js'
import type { ReadFlow } from './clients/read-flow.js'
import type { OutboundQueue } from './log/outbound-queue.js'
import type { Balance } from './placement/balance.js'
import type { Capacity } from './placement/capacity.js'
import type { Provisioning } from './placement/provisioning.js'
import type { Persistence } from './storage/persistence.js'
import type { LinkTable } from './tree/link-table.js'

export interface FiguresNeeds {
  readonly fanOut: Pick<FanOut, 'blockedCount' | 'gapsSent' | 'activitiesMissed'>
  readonly readFlow: Pick<ReadFlow, 'countOf'>
  readonly links: Pick<LinkTable, 'all'>
  readonly queue: Pick<OutboundQueue, 'size' | 'bytes'>
  readonly persistence: Pick<Persistence, 'unstoredBytes'>
  readonly balance: Pick<Balance, 'redirectedCount' | 'movedCount'>
  readonly capacity: Pick<Capacity, 'waitingCount'>
  readonly provisioning: Pick<Provisioning, 'isStarting'>
}

export interface ServerFigures {
  /** Clients whose sockets are full: they read the log at their own pace. */
  readonly blockedClients: number
  /** Clients that are not read, since the network is slower than its publishers. */
  readonly slowedPublishers: number
  /** Links to other servers whose send buffers are full. */
  readonly blockedLinks: number
  /** Entries without a log position, of this server and of all servers below. */
  readonly queueEntries: number
  readonly queueBytes: number
  /** Given to the disk and not yet confirmed, in bytes. */
  readonly unstoredBytes: number
  /** Clients that got a GAP since the start because the retention has passed them by. */
  readonly gapsSent: number
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

export function figuresOf(needs: FiguresNeeds): ServerFigures {
  const { fanOut, readFlow, links, queue, persistence, balance, capacity, provisioning } = needs
  let blockedLinks = 0
  for (const { blockedSinceMs } of links.all()) if (blockedSinceMs !== undefined) blockedLinks++
  return {
    blockedClients: fanOut.blockedCount,
    slowedPublishers: readFlow.countOf('too-fast'),
    blockedLinks,
    queueEntries: queue.size,
    queueBytes: queue.bytes,
    unstoredBytes: persistence.unstoredBytes,
    gapsSent: fanOut.gapsSent,
    activitiesMissed: fanOut.activitiesMissed,
    redirectedClients: balance.redirectedCount,
    movedClients: balance.movedCount,
    waitingClients: capacity.waitingCount,
    startingServers: provisioning.isStarting ? 1 : 0,
  }
}
