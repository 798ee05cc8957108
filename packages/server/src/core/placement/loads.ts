/**
 * How many clients each server has: balance and growth go by it.
 *
 * No server needs to know all: a server with clients to give away asks those that have the fewest. So each server
 * sends its parent the totals of its subtree and its few least loaded servers, and every parent sends its children
 * the same of the whole tree. Only changes travel, at most every `syncEveryMs`, more rarely in a big tree; changes of
 * a client or two still more rarely, since no server would act on them.
 *
 * An announcement is a hint and may be old by some intervals: a server that acts on it asks the other server itself.
 */
import type { Address, LinkId, LogIndex, ServerLoad, ServerMessageOf } from '@jwp/protocol'
import { lineageEnd, maxAnnouncedLoads, sameEndpoint } from '@jwp/protocol'
import type { ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { Self } from '../self.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Children } from '../tree/children.js'
import type { TurnTime } from '../turn-time.js'
import type { LinkTable } from '../tree/link-table.js'
import type { Commit } from '../log/commit.js'
import type { ServerOptions } from '../options.js'

export interface LoadsNeeds {
  /** Clients that are here to stay, as far as we know. */
  readonly livingClients: () => number
  /** Most clients that are logged in here at once; undefined: any number. */
  readonly clientLimit: () => number | undefined
  readonly self: Pick<Self, 'address' | 'id'>
  readonly role: Pick<RoleKeeper, 'isLeaving' | 'isOrphan' | 'isRoot' | 'parentLink'>
  readonly children: Pick<Children, 'all' | 'get'>
  readonly time: TurnTime
  readonly links: Pick<LinkTable, 'send'>
  readonly commit: Pick<Commit, 'applied'>
  readonly options: Pick<ServerOptions, 'balance' | 'timing'>
  /** Clients that others were promised room for. */
  readonly expectedCount: () => number
  /** Our log is about to become another one. */
  readonly isSnapshotDue: () => boolean
}

/** Servers in a tree, and clients of a server, at most: what others claim must stay numbers that we can add to. */
const maxServers = 1_000_000
const maxClients = 1_000_000_000
/** A tree of this size is announced to as often as a small one; beyond it the interval grows, up to ten times. */
const sizeOfFullPace = 50

/** Sums over those servers that take part. */
export interface LoadTotals {
  readonly servers: number
  readonly clients: number
}

/** News that can wait travels every so many intervals… */
const lazyIntervals = 5
/** …but not more rarely than this, in milliseconds, unless the interval itself is longer. */
const laziestMs = 2_000

type Announcement = Omit<ServerMessageOf<'LOADS'>, 'type'>

const nothing: Announcement = { servers: 0, clients: 0, least: [] }

export class Loads implements TreeListener {
  readonly #needs: LoadsNeeds
  readonly #below = new Map<LinkId, Announcement>()
  /** Of the whole tree, from the parent. */
  #above: Announcement | undefined
  #ownSeen = 0
  #ownTold = 0
  /** What each child, and the parent, was last sent. */
  readonly #told = new Map<LinkId, Announcement>()
  /** When to look what is to be sent; undefined: nothing has changed. */
  #dueMs: number | undefined = 0
  #lookedMs = -Infinity
  /** When everything was sent, and not only what is urgent. */
  #toldAllMs = -Infinity
  #isCaughtUpAt: LogIndex = Infinity
  /**
   * This server has once had all that the tree had. Clients are not sent to a server that has just begun: it knows
   * less of the log than they do, and might give them messages from before their time.
   */
  isReady = false
  /** Another number: something has changed, here or elsewhere. */
  version = 0

  constructor(needs: LoadsNeeds) {
    this.#needs = needs
  }

  /** Clients of this server, and those that are on their way to it because it has promised to take them. */
  get own(): number {
    const { livingClients, expectedCount } = this.#needs
    // A client that only registers does not count yet, and one that has ended counts no more.
    return livingClients() + expectedCount()
  }

  /** Every server that takes part, as far as we have heard: those in our subtree if we are root or orphan. */
  get totals(): LoadTotals {
    const { servers, clients } = this.#above ?? this.#subtree()
    return { servers, clients }
  }

  /** Clients of one server, on average. */
  get averageClients(): number {
    const { servers, clients } = this.totals
    // The local count is newer than the announced one.
    const stale = this.#above === undefined ? 0 : this.own - this.#ownTold
    return (clients + stale) / Math.max(1, servers)
  }

  /** The least loaded other servers of the tree that have been heard of, those with room first. */
  known(): ServerLoad[] {
    const { self } = this.#needs
    return this.#all()
      .filter(({ address }) => !isSame(address, self.address))
      .sort(byRoom)
  }

  received(link: LinkId, { servers, clients, least }: ServerMessageOf<'LOADS'>): void {
    const { role, children } = this.#needs
    const heard = { servers: Math.min(servers, maxServers), clients: Math.min(clients, maxClients), least }
    if (role.parentLink === link) this.#above = heard
    else if (children.get(link) !== undefined) this.#below.set(link, heard)
    this.#changed()
  }

  /** A child came or went. No clients are sent to the servers that were below a lost one. */
  #childrenChanged(): void {
    const { children, role } = this.#needs
    for (const link of [...this.#below.keys()]) if (children.get(link) === undefined) this.#below.delete(link)
    for (const link of [...this.#told.keys()])
      if (children.get(link) === undefined && link !== role.parentLink) this.#told.delete(link)
    this.#changed()
  }

  /**
   * It knows nothing of us yet, and hears of us at once: clients may come to it in the next moment.
   */
  parentFound({ answer }: ParentFound): void {
    this.#above = undefined
    this.#isCaughtUpAt = lineageEnd(answer.rootLineage)
    this.#lookedMs = -Infinity
    this.#childrenChanged()
  }

  childJoined(): void {
    this.#childrenChanged()
  }

  childLost(): void {
    this.#childrenChanged()
  }

  parentLost(): void {
    this.#above = undefined
    this.#childrenChanged()
  }

  tick(): void {
    const { time } = this.#needs
    const { own } = this
    if (!this.isReady && this.hasCaughtUp()) {
      this.isReady = true
      this.#lookedMs = -Infinity
      this.#changed()
    }
    if (own !== this.#ownSeen) this.#changed()
    this.#ownSeen = own
    if (this.#dueMs === undefined || time.nowMs < this.#dueMs) return
    this.#dueMs = undefined
    this.#lookedMs = time.nowMs
    this.#ownTold = own
    this.#announce()
  }

  nextDeadlineMs(): number | undefined {
    return this.#dueMs
  }

  #changed(): void {
    this.version++
    this.#dueMs = Math.min(this.#dueMs ?? Infinity, Math.max(this.#lookedMs + this.#everyMs(), 0))
  }

  #announce(): void {
    const { role, children, time } = this.#needs
    const everyMs = this.#everyMs()
    const nextAllMs = this.#toldAllMs + Math.max(everyMs, Math.min(lazyIntervals * everyMs, laziestMs))
    const tellsAll = time.nowMs >= nextAllMs
    const subtree = this.#subtree()
    const totals = this.#above ?? subtree
    const all = this.#all()
    let waits = false
    const tell = (link: LinkId, news: Announcement): void => {
      if (!this.#tell(link, news, tellsAll)) waits = true
      else if (tellsAll) this.#toldAllMs = time.nowMs
    }
    if (role.parentLink !== undefined) tell(role.parentLink, subtree)
    for (const { link, id } of children.all())
      tell(link, { servers: totals.servers, clients: totals.clients, least: leastOf(all, id) })
    if (waits) this.#dueMs = nextAllMs
  }

  /** False: it has waited for less long than it can. */
  #tell(link: LinkId, news: Announcement, tellsAll: boolean): boolean {
    const told = this.#told.get(link) ?? nothing
    if (!tellsAll && !isUrgent(told, news)) return isSameNews(told, news)
    if (isSameNews(told, news)) return true
    this.#told.set(link, news)
    this.#needs.links.send(link, { type: 'LOADS', ...news })
    return true
  }

  /** We have, or once had, all that the tree had. */
  hasCaughtUp(): boolean {
    const { role, commit, isSnapshotDue } = this.#needs
    if (this.isReady) return true
    if (role.isRoot) return true
    return !role.isOrphan && !isSnapshotDue() && commit.applied >= this.#isCaughtUpAt
  }

  #subtree(): Announcement {
    let { servers, clients } = this.#announcesItself ? { servers: 1, clients: this.own } : nothing
    for (const below of this.#below.values()) {
      servers += below.servers
      clients += below.clients
    }
    return { servers, clients, least: leastOf(this.#branches(), this.#needs.self.id) }
  }

  #branches(): ServerLoad[] {
    const own = this.#announcesItself ? [this.#ownLoad()] : []
    return [...own, ...[...this.#below.values()].flatMap(({ least }) => least)]
  }

  /** All that we have heard of. What our own branches say is newer than the same from above. */
  #all(): ServerLoad[] {
    const all = this.#branches()
    for (const load of this.#above?.least ?? [])
      if (!all.some(({ address }) => isSame(address, load.address))) all.push(load)
    return all
  }

  #ownLoad(): ServerLoad {
    const { self, clientLimit } = this.#needs
    const limit = clientLimit()
    return { address: self.address, clients: this.own, ...(limit === undefined ? {} : { limit }) }
  }

  /** A server that moves no clients and takes none is not counted either. */
  get #announcesItself(): boolean {
    const { options, clientLimit, role } = this.#needs
    if (!this.isReady) return false
    // A client without room at a full server must be sent to others, balance or not.
    return (options.balance !== false || clientLimit() !== undefined) && !role.isLeaving
  }

  #everyMs(): number {
    const { syncEveryMs } = this.#needs.options.timing
    return Math.ceil(syncEveryMs * Math.min(10, Math.max(1, this.totals.servers / sizeOfFullPace)))
  }
}

/** A server may act on it at once. Small differences are corrected by the server that is asked. */
function isUrgent(told: Announcement, news: Announcement): boolean {
  if (told.servers !== news.servers) return true
  const [before, after] = [told.least[0], news.least[0]]
  if (before === undefined || after === undefined) return before !== after
  return (
    isFull(before) !== isFull(after) ||
    Math.abs(before.clients - after.clients) >= 2 ||
    Math.abs(told.clients - news.clients) > news.servers
  )
}

function isSameNews(a: Announcement, b: Announcement): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** It takes no more clients. */
export function isFull({ clients, limit }: ServerLoad): boolean {
  return limit !== undefined && clients >= limit
}

/** Those with room first, of these the least loaded. */
function byRoom(a: ServerLoad, b: ServerLoad): number {
  return Number(isFull(a)) - Number(isFull(b)) || a.clients - b.clients
}

/**
 * The few that are announced. With equal loads each server announces different ones; otherwise all that have clients
 * to give away would ask the same few. The choice is stable, so that equal news are equal announcements.
 */
function leastOf(loads: readonly ServerLoad[], receiver: string): ServerLoad[] {
  const places = new Map(loads.map((load) => [load, placeOf(`${load.address.name} ${receiver}`)]))
  return [...loads]
    .sort((a, b) => byRoom(a, b) || places.get(a)! - places.get(b)!)
    .slice(0, maxAnnouncedLoads)
}

/** Any number that depends on every character (FNV-1a). */
function placeOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

function isSame(a: Address, b: Address): boolean {
  return a.name === b.name || sameEndpoint(a, b)
}
