/** The status of a server, for `/status`, `jwp tree` and checkers. */
import type {
  Address,
  LogEntry,
  Lineage,
  LogIndex,
  PresenceTable,
  ServerId,
  ServerLoad,
  ServerStatus,
} from '@jwp/protocol'
import { serverProtocolVersions, softwareVersion } from '@jwp/protocol'
import type { Sessions } from './clients/sessions.js'
import type { Calendar } from './log/calendar.js'
import type { ClockChoice } from './log/clock-choice.js'
import type { Commit } from './log/commit.js'
import type { InSyncChildren } from './log/in-sync-children.js'
import type { Log } from './log/log.js'
import type { OutboundQueue } from './log/outbound-queue.js'
import type { Sequencer } from './log/sequencer.js'
import type { StableIndex } from './log/stable-index.js'
import type { Capacity } from './placement/capacity.js'
import type { Loads, LoadTotals } from './placement/loads.js'
import type { Directory } from './projections/directory.js'
import type { Presence } from './projections/presence.js'
import type { Self } from './self.js'
import type { Children } from './tree/children.js'
import type { Deadpool } from './tree/deadpool.js'
import type { RoleKeeper } from './tree/role.js'
import type { Topology } from './tree/topology.js'

/** Everything a checker needs, and nothing that it could break. */
export interface Inspection {
  readonly role: ServerStatus['role']
  readonly parent: ServerId | undefined
  readonly childIds: readonly ServerId[]
  /** Links to the root. */
  readonly depth: number
  /** All that it keeps of other servers: ids and addresses. */
  readonly acquaintances: () => unknown
  /** Servers that it would ask, beyond path, heirs and its configured parent. */
  readonly contacts: () => readonly Address[]
  readonly lineage: Lineage
  readonly lastIndex: LogIndex
  readonly commit: LogIndex
  readonly applied: LogIndex
  readonly everywhere: LogIndex
  readonly pendingCount: number
  /** Where the times of new entries come from, as far as this is the root. */
  readonly clockMode: 'clock' | 'hybrid'
  /** Clients with room here, and those that wait for room. */
  readonly places: { readonly taken: number; readonly waiting: number }
  readonly knowsUser: (username: string) => boolean
  readonly entryAt: (index: LogIndex) => LogEntry | undefined
  /** Where users are connected, as of what is applied. */
  readonly presence: () => PresenceTable
  /** Entries that can still be undone in that table. */
  readonly presenceSteps: number
  /** What it has heard of others' clients. */
  readonly loads: () => { readonly totals: LoadTotals; readonly known: readonly ServerLoad[] }
}

export interface StatusNeeds {
  readonly self: Self
  readonly role: RoleKeeper
  readonly log: Log
  readonly commit: Commit
  readonly stable: StableIndex
  readonly queue: OutboundQueue
  readonly children: Children
  readonly inSync: InSyncChildren
  readonly deadpool: Deadpool
  readonly topology: Topology
  readonly directory: Directory
  readonly presence: Presence
  readonly loads: Loads
  readonly capacity: Capacity
  readonly sessions: Sessions
  readonly sequencer: Sequencer
  readonly clocks: ClockChoice
  readonly calendar: Calendar
}

export function inspectionOf(needs: StatusNeeds): Inspection {
  const { role, log, commit, children, queue, stable, deadpool, directory, presence, loads, capacity } = needs
  return {
    role: role.now.name,
    parent: role.now.name === 'child' ? role.now.parentId : undefined,
    childIds: [...children.all()].map((child) => child.id),
    depth: role.isRoot ? 0 : deadpool.path.length,
    acquaintances: () => {
      const below = [...children.all()].map((child) => {
        const { id, address } = child
        return { id, address, members: children.subtreeOf(child).members }
      })
      const { path, heirs, members, contacts } = deadpool
      return { path, heirs, members, contacts, below }
    },
    contacts: () => deadpool.contacts,
    lineage: log.lineage,
    lastIndex: log.last,
    commit: commit.index,
    applied: commit.applied,
    everywhere: stable.index,
    pendingCount: queue.size,
    clockMode: needs.sequencer.mode,
    places: { taken: capacity.count, waiting: capacity.waitingCount },
    knowsUser: (username) => directory.find(username) !== undefined,
    entryAt: (index) => log.at(index),
    presence: () => presence.tableAt(commit.applied),
    presenceSteps: presence.stepCount,
    loads: () => ({ totals: loads.totals, known: loads.known() }),
  }
}

export function statusOf(needs: StatusNeeds): ServerStatus {
  const { self, role, log, commit, children, inSync, deadpool, topology, queue, stable, sessions } = needs
  const { directory, presence, sequencer, clocks, calendar, capacity } = needs
  return {
    id: self.id,
    version: softwareVersion,
    protocol: serverProtocolVersions,
    name: self.address.name,
    hostname: self.address.host,
    port: self.address.port,
    role: role.now.name,
    epoch: log.lastEpoch,
    parent: role.now.name === 'child' ? deadpool.path[0]?.address : undefined,
    ancestry: deadpool.path,
    succession: topology.heirs(),
    children: [...children.all()].map((child) => ({
      id: child.id,
      address: child.address,
      size: children.subtreeOf(child).size,
      core: inSync.isInSync(child.link),
    })),
    clients: sessions.count,
    maxClients: capacity.limit,
    log: {
      first: log.base + 1,
      last: log.last,
      commit: commit.index,
      applied: commit.applied,
      everywhere: stable.index,
      bytes: log.bytes,
    },
    pending: queue.size,
    users: directory.size,
    online: presence.onlineCount,
    contacts: deadpool.contacts.length,
    clock: { ...clocks.current, mode: role.isRoot ? sequencer.mode : 'not-root' },
    times: calendar.times,
    leaving: role.isLeaving,
    lastTimestamp: log.lastTimestamp,
    publishers: log.publishers,
  }
}
