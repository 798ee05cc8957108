/**
 * Being a root: founding a reign, finding other trees, and merging with them.
 *
 * Two trees that meet become one by the operation that heals everything: the junior root attaches to the senior
 * one, cuts its log to the common prefix, and what it cut goes up again. The shorter log is the junior, so that a
 * tiny fresh tree never wins.
 */
import type { Address, LinkId, ServerId, ServerMessageOf } from '@jwp/protocol'
import { epoch, noPublisher, sameEndpoint } from '@jwp/protocol'
import { earliest, type Parts } from '../parts.js'
import { endpointKey } from './deadpool.js'

interface TreeSize {
  readonly length: number
  readonly size: number
  readonly sinceMs: number
  readonly id: ServerId
}

export class Merging {
  readonly #parts: Parts
  #request: { readonly link: LinkId; readonly address: Address; readonly deadlineMs: number } | undefined
  #probe: { readonly link: LinkId; readonly deadlineMs: number } | undefined
  #nextProbeMs = Infinity
  /** When each contact was probed last, by endpoint. Least recently probed goes first, so that none is starved. */
  readonly #probedMs = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get isMerging(): boolean {
    return this.#request !== undefined
  }

  /** A new reign, with ourselves as its root. */
  takeOver(how: { certainlyAlone: boolean }): void {
    const { place, self, time, log, deadpool, children, desk, commitment, outbox, up } = this.#parts
    const number = place.highestEpochNumber + 1
    place.sawEpochNumber(number)
    const reign = epoch(number, self.id)
    place.now = { role: 'root', epoch: reign, sinceMs: time.nowMs }
    deadpool.heardOf([...deadpool.path, ...deadpool.succession].map((ancestor) => ancestor.address))
    deadpool.path = []
    deadpool.succession = []
    up.parentLost()
    for (const child of children.all()) {
      child.coreSince = undefined
      child.acknowledged = 0
    }
    // The marker makes every stale tail in the tree get cut: nobody else has this epoch at this index.
    log.append({
      epoch: reign,
      timestamp: log.lastTimestamp + 1,
      publisher: noPublisher,
      n: 0,
      kind: 'marker',
      body: new Uint8Array(0),
    })
    desk.beginReign()
    commitment.beginReign(how.certainlyAlone)
    this.#nextProbeMs = time.nowMs + this.#parts.timers.probeEveryMs() / 2
    this.#parts.down.tellPath()
    this.#parts.rollCall.somebodyLeft()
    outbox.report({ event: 'became-root', epochNumber: number })
  }

  /** We are somebody's child, or an orphan, again. */
  endReign(): void {
    const { links } = this.#parts
    if (this.#request !== undefined && this.#parts.place.parentLink !== this.#request.link)
      links.close(this.#request.link)
    if (this.#probe !== undefined) links.close(this.#probe.link)
    this.#request = undefined
    this.#probe = undefined
    this.#nextProbeMs = Infinity
    this.#parts.rollCall.parentLost()
  }

  /** Junior: shorter log, then smaller tree, then younger, then higher id. */
  weAreJuniorTo(other: TreeSize): boolean {
    const { log, children, place, self } = this.#parts
    if (log.last !== other.length) return log.last < other.length
    const size = children.treeSize()
    if (size !== other.size) return size < other.size
    if (place.sinceMs !== other.sinceMs) return place.sinceMs > other.sinceMs
    return self.id > other.id
  }

  askToMerge(address: Address): void {
    const { place, links, time, timers } = this.#parts
    if (!place.isRoot || this.#request !== undefined) return
    const link = links.dial(address, 'merge')
    this.#request = { link, address, deadlineMs: time.nowMs + timers.attachTimeoutMs() }
  }

  opened(link: LinkId): void {
    const { links, adoption } = this.#parts
    if (this.#request?.link === link)
      links.send(link, adoption.authenticate(this.#request.address, { dry: false, root: true }))
    else if (this.#probe?.link === link) this.#sendProbe(link)
  }

  lost(link: LinkId): void {
    if (this.#request?.link === link) this.#request = undefined
    if (this.#probe?.link === link) this.#probe = undefined
  }

  /** The senior root would not have us now. Probing goes on. */
  refused(link: LinkId): void {
    this.lost(link)
    this.#parts.links.close(link)
  }

  isCurrentRequest(link: LinkId): boolean {
    return this.#request?.link === link
  }

  /** Somebody looks for other trees. */
  probed(link: LinkId, message: ServerMessageOf<'PROBE'>): void {
    const { place, self, log, children, deadpool, links } = this.#parts
    deadpool.met([message.address])
    if (place.isRoot) {
      const own = { length: log.last, size: children.treeSize(), sinceMs: place.sinceMs }
      links.send(link, { type: 'PROBE_RESULT', root: { id: self.id, address: self.address }, own })
      if (message.id !== self.id && this.weAreJuniorTo(message)) this.askToMerge(message.address)
    } else {
      const root = place.isOrphan ? undefined : deadpool.path.at(-1)
      links.send(link, { type: 'PROBE_RESULT', root, own: undefined })
    }
  }

  probeAnswered(link: LinkId, message: ServerMessageOf<'PROBE_RESULT'>): void {
    if (this.#probe?.link !== link) return
    const { links, self, place, outbox, foreign } = this.#parts
    const dialled = links.get(link)?.dialled
    if (dialled !== undefined) foreign.forget(dialled)
    this.#probe = undefined
    links.close(link)
    const { root, own } = message
    if (!place.isRoot || root === undefined || root.id === self.id) return
    if (own === undefined) this.#startProbe(root.address)
    else if (this.weAreJuniorTo({ ...own, id: root.id })) {
      outbox.report({ event: 'merging', withRoot: root.id })
      this.askToMerge(root.address)
    }
  }

  tick(): void {
    const { time, place, links } = this.#parts
    if (!place.isRoot) return
    if (this.#request !== undefined && time.nowMs >= this.#request.deadlineMs)
      this.refused(this.#request.link)
    if (this.#probe !== undefined && time.nowMs >= this.#probe.deadlineMs) {
      links.close(this.#probe.link)
      this.#probe = undefined
    }
    if (time.nowMs < this.#nextProbeMs) return
    this.#nextProbeMs = time.nowMs + this.#parts.timers.probeEveryMs()
    const contact = this.#leastRecentlyProbed()
    if (contact !== undefined && this.#probe === undefined && this.#request === undefined)
      this.#startProbe(contact)
  }

  nextDeadlineMs(): number | undefined {
    if (!this.#parts.place.isRoot) return undefined
    return earliest(this.#request?.deadlineMs, this.#probe?.deadlineMs, this.#nextProbeMs)
  }

  #leastRecentlyProbed(): Address | undefined {
    const { children, deadpool, foreign, time } = this.#parts
    const mine = children.sample()
    let oldest: Address | undefined
    let oldestMs = Infinity
    for (const address of deadpool.candidates()) {
      if (foreign.isPausing(address, time.nowMs)) continue
      const probedMs = this.#probedMs.get(endpointKey(address)) ?? 0
      if (probedMs < oldestMs && !mine.some((member) => sameEndpoint(member, address))) {
        oldest = address
        oldestMs = probedMs
      }
    }
    return oldest
  }

  #startProbe(address: Address): void {
    const { links, time, timers } = this.#parts
    // Bounded by the contacts: whoever is no candidate any more need not be remembered.
    if (this.#probedMs.size > 256) this.#probedMs.clear()
    this.#probedMs.set(endpointKey(address), time.nowMs)
    this.#probe = { link: links.dial(address, 'probe'), deadlineMs: time.nowMs + timers.attachTimeoutMs() }
  }

  #sendProbe(link: LinkId): void {
    const { links, self, log, children, place } = this.#parts
    const to = links.get(link)?.dialled
    if (to === undefined) return
    links.send(link, {
      type: 'PROBE',
      secret: to.secret,
      id: self.id,
      address: self.address,
      length: log.last,
      size: children.treeSize(),
      sinceMs: place.sinceMs,
    })
  }
}
