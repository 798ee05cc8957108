/**
 * How many clients everybody has: what balance and growth go by.
 *
 * Nobody needs to know everybody: who has clients to give away asks those that have the fewest. So each server tells
 * its parent the totals of its subtree and the few least loaded servers in it, and every parent tells its children
 * the same of the whole tree. Only changes travel, at most every `syncEveryMs`, more rarely in a big tree.
 *
 * What is announced is a hint and may be old by some intervals: who acts on it asks the server itself.
 */
import type { Address, LinkId, ServerLoad, ServerMessageOf } from '@jwp/protocol'
import { maxAnnouncedLoads, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'

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

type Announcement = Omit<ServerMessageOf<'LOADS'>, 'type'>

const nothing: Announcement = { servers: 0, clients: 0, least: [] }

export class Loads {
  readonly #parts: Parts
  readonly #below = new Map<LinkId, Announcement>()
  /** Of the whole tree, from the parent. */
  #above: Announcement | undefined
  #ownTold = 0
  #toldUp = ''
  readonly #toldDown = new Map<LinkId, string>()
  #isDue = true
  #nextMs = 0
  /** Another number: something has changed, here or elsewhere. */
  version = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Clients of this server, and those that are on their way to it because it has promised to take them. */
  get own(): number {
    const { capacity, sessions, balance } = this.#parts
    // Where places are counted, whoever only registers has none yet.
    return (capacity.limit === undefined ? sessions.count : capacity.count) + balance.expectedCount
  }

  /** Every server that takes part, as far as we have heard: those in our subtree if we are root or orphan. */
  get totals(): LoadTotals {
    const { servers, clients } = this.#above ?? this.#subtree()
    return { servers, clients }
  }

  /** Clients of one server, on average. */
  get averageClients(): number {
    const { servers, clients } = this.totals
    // Our own count is newer than the one that we have told.
    const stale = this.#above === undefined ? 0 : this.own - this.#ownTold
    return (clients + stale) / Math.max(1, servers)
  }

  /** The least loaded other servers of the tree that have been heard of, those with room first. */
  known(): ServerLoad[] {
    const { self } = this.#parts
    const known: ServerLoad[] = []
    // What our own branches say is newer than the same from above.
    for (const load of [...this.#subtree().least, ...(this.#above?.least ?? [])]) {
      if (load.address.name === self.address.name || sameEndpoint(load.address, self.address)) continue
      if (!known.some(({ address }) => isSame(address, load.address))) known.push(load)
    }
    return known.sort(byRoom)
  }

  received(link: LinkId, { servers, clients, least }: ServerMessageOf<'LOADS'>): void {
    const { place, children } = this.#parts
    const heard = { servers: Math.min(servers, maxServers), clients: Math.min(clients, maxClients), least }
    if (place.parentLink === link) this.#above = heard
    else if (children.get(link) !== undefined) this.#below.set(link, heard)
    this.#changed()
  }

  /** A child came or went. What was below a lost one is nobody's to send clients to any more. */
  childrenChanged(): void {
    const { children } = this.#parts
    for (const link of [...this.#below.keys()]) if (children.get(link) === undefined) this.#below.delete(link)
    for (const link of [...this.#toldDown.keys()])
      if (children.get(link) === undefined) this.#toldDown.delete(link)
    this.#changed()
  }

  /** It knows nothing of us yet. */
  parentFound(): void {
    this.#above = undefined
    this.#toldUp = ''
    this.#changed()
  }

  parentLost(): void {
    this.#above = undefined
    this.#changed()
  }

  tick(): void {
    const { time } = this.#parts
    if (this.own !== this.#ownTold && !this.#isDue) this.#changed()
    if (!this.#isDue || time.nowMs < this.#nextMs) return
    this.#isDue = false
    this.#ownTold = this.own
    this.#nextMs = time.nowMs + this.#everyMs()
    this.#announce()
  }

  nextDeadlineMs(): number | undefined {
    return this.#isDue ? this.#nextMs : undefined
  }

  #changed(): void {
    this.#isDue = true
    this.version++
  }

  #announce(): void {
    const { place, links, children } = this.#parts
    const subtree = this.#subtree()
    const parent = place.parentLink
    if (parent !== undefined) {
      const text = JSON.stringify(subtree)
      if (text !== this.#toldUp && (this.#toldUp !== '' || subtree.servers > 0)) {
        this.#toldUp = text
        links.send(parent, { type: 'LOADS', ...subtree })
      }
    }
    const tree = this.#above ?? subtree
    const text = JSON.stringify(tree)
    for (const { link } of children.all()) {
      const told = this.#toldDown.get(link)
      if (text === told || (told === undefined && tree.servers === 0)) continue
      this.#toldDown.set(link, text)
      links.send(link, { type: 'LOADS', ...tree })
    }
  }

  #subtree(): Announcement {
    let { servers, clients } = this.#announcesItself ? { servers: 1, clients: this.own } : nothing
    const least: ServerLoad[] = this.#announcesItself ? [this.#ownLoad()] : []
    for (const below of this.#below.values()) {
      servers += below.servers
      clients += below.clients
      least.push(...below.least)
    }
    return { servers, clients, least: least.sort(byRoom).slice(0, maxAnnouncedLoads) }
  }

  #ownLoad(): ServerLoad {
    const { self, capacity } = this.#parts
    const { limit } = capacity
    return { address: self.address, clients: this.own, ...(limit === undefined ? {} : { limit }) }
  }

  /** Who moves no clients and takes none is not counted either. */
  get #announcesItself(): boolean {
    const { options, capacity, leaving } = this.#parts
    // Who finds no place at a full server must learn of others, balance or not.
    return (options.balance !== false || capacity.limit !== undefined) && !leaving.isLeaving
  }

  #everyMs(): number {
    const { syncEveryMs } = this.#parts.options.timing
    return Math.ceil(syncEveryMs * Math.min(10, Math.max(1, this.totals.servers / sizeOfFullPace)))
  }
}

/** It takes no more clients. */
export function isFull({ clients, limit }: ServerLoad): boolean {
  return limit !== undefined && clients >= limit
}

/** Those with room first, of these the least loaded. The order of names makes equal announcements equal texts. */
function byRoom(a: ServerLoad, b: ServerLoad): number {
  return (
    Number(isFull(a)) - Number(isFull(b)) ||
    a.clients - b.clients ||
    (a.address.name < b.address.name ? -1 : a.address.name > b.address.name ? 1 : 0)
  )
}

function isSame(a: Address, b: Address): boolean {
  return a.name === b.name || sameEndpoint(a, b)
}
