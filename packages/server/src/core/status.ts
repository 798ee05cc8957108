/** What a server tells of itself to `/status`, `jwp tree` and checkers. */
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
import { protocolVersions, softwareVersion } from '@jwp/protocol'
import type { Parts } from './parts.js'
import type { LoadTotals } from './placement/loads.js'

/** Everything a checker needs, and nothing that it could break. */
export interface Inspection {
  readonly role: ServerStatus['role']
  readonly parent: ServerId | undefined
  readonly childIds: readonly ServerId[]
  /** Links to the root. */
  readonly depth: number
  /** All that it keeps of other servers: ids and addresses. */
  readonly acquaintances: () => unknown
  /** Servers that it would ask, beyond path, succession and the one that it was told to join. */
  readonly contacts: () => readonly Address[]
  readonly lineage: Lineage
  readonly lastIndex: LogIndex
  readonly commit: LogIndex
  readonly applied: LogIndex
  readonly everywhere: LogIndex
  readonly pendingCount: number
  /** Clients with a place here, and those who wait for one. */
  readonly places: { readonly taken: number; readonly waiting: number }
  readonly knowsUser: (username: string) => boolean
  readonly entryAt: (index: LogIndex) => LogEntry | undefined
  /** Who is connected where, as of what is applied. */
  readonly presence: () => PresenceTable
  /** Entries whose doing in that table could be taken back. */
  readonly presenceSteps: number
  /** What it has heard of others' clients. */
  readonly loads: () => { readonly totals: LoadTotals; readonly known: readonly ServerLoad[] }
}

export function inspectionOf(parts: Parts): Inspection {
  const { place, log, commitment, children, queue, stability, deadpool, directory, presence, loads } = parts
  return {
    role: place.now.role,
    parent: place.now.role === 'child' ? place.now.parentId : undefined,
    childIds: [...children.all()].map((child) => child.id),
    depth: place.isRoot ? 0 : deadpool.path.length,
    acquaintances: () => {
      const below = [...children.all()].map(({ id, address, members }) => ({ id, address, members }))
      const { path, succession, members, contacts } = deadpool
      return { path, succession, members, contacts, below }
    },
    contacts: () => deadpool.contacts,
    lineage: log.lineage,
    lastIndex: log.last,
    commit: commitment.commit,
    applied: commitment.applied,
    everywhere: stability.everywhere,
    pendingCount: queue.size,
    places: { taken: parts.capacity.count, waiting: parts.capacity.waitingCount },
    knowsUser: (username) => directory.find(username) !== undefined,
    entryAt: (index) => log.at(index),
    presence: () => presence.tableAt(commitment.applied),
    presenceSteps: presence.stepCount,
    loads: () => ({ totals: loads.totals, known: loads.known() }),
  }
}

export function statusOf(parts: Parts): ServerStatus {
  const {
    self,
    place,
    log,
    commitment,
    children,
    deadpool,
    queue,
    stability,
    sessions,
    directory,
    presence,
    desk,
    clocks,
    calendar,
  } = parts
  return {
    id: self.id,
    version: softwareVersion,
    protocol: protocolVersions,
    name: self.address.name,
    hostname: self.address.host,
    port: self.address.port,
    role: place.now.role,
    epoch: log.lastEpoch,
    parent: place.now.role === 'child' ? deadpool.path[0]?.address : undefined,
    ancestry: deadpool.path,
    succession: place.isRoot ? children.succession() : deadpool.succession,
    children: [...children.all()].map(({ id, address, size, coreSince }) => ({
      id,
      address,
      size,
      core: coreSince !== undefined,
    })),
    clients: sessions.count,
    maxClients: parts.capacity.limit,
    log: {
      first: log.base + 1,
      last: log.last,
      commit: commitment.commit,
      applied: commitment.applied,
      everywhere: stability.everywhere,
      bytes: log.bytes,
    },
    pending: queue.size,
    users: directory.size,
    online: presence.onlineCount,
    contacts: deadpool.contacts.length,
    clock: { ...clocks.current, mode: place.isRoot ? desk.mode : 'not-root' },
    times: calendar.times,
    leaving: parts.leaving.isLeaving,
    lastTimestamp: log.lastTimestamp,
    publishers: log.publishers,
  }
}
