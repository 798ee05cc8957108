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

/** Probes that may be under way at once: who does not answer for long must not keep the others waiting. */
const maxProbes = 8

interface Request {
  readonly link: LinkId
  readonly address: Address
  deadlineMs: number
  /** The question has been put. Until then nothing depends on the answer, and others are answered as ever. */
  isAsked: boolean
}

export class Merging {
  readonly #parts: Parts
  #request: Request | undefined
  readonly #probes = new Map<LinkId, { readonly address: Address; deadlineMs: number }>()
  #nextProbeMs = Infinity
  /** When each contact was probed last, by endpoint. Least recently probed goes first, so that none is starved. */
  readonly #probedMs = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get isMerging(): boolean {
    return this.#request?.isAsked === true
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
    for (const link of this.#probes.keys()) links.close(link)
    this.#request = undefined
    this.#probes.clear()
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
    const { place, links, time, patience } = this.#parts
    if (!place.isRoot || this.#request !== undefined) return
    const link = links.dial(address, 'merge')
    const deadlineMs = time.nowMs + patience.longestOpeningMs(address)
    this.#request = { link, address, deadlineMs, isAsked: false }
  }

  opened(link: LinkId): void {
    const { links, adoption, time, patience } = this.#parts
    const peer = links.get(link)
    const probe = this.#probes.get(link)
    if (peer === undefined) return
    const deadlineMs = time.nowMs + patience.longestAnswerMs(peer)
    if (this.#request?.link === link) {
      this.#request.isAsked = true
      this.#request.deadlineMs = deadlineMs
      links.send(link, adoption.authenticate(this.#request.address, { dry: false, root: true }))
    } else if (probe !== undefined) {
      probe.deadlineMs = deadlineMs
      this.#sendProbe(link)
    }
  }

  lost(link: LinkId): void {
    if (this.#request?.link === link) this.#request = undefined
    this.#probes.delete(link)
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
    if (!this.#probes.delete(link)) return
    const { links, self, place, outbox, foreign } = this.#parts
    const dialled = links.get(link)?.dialled
    if (dialled !== undefined) foreign.forget(dialled)
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
    const { time, place, patience } = this.#parts
    if (!place.isRoot) return
    if (this.#request !== undefined && time.nowMs >= this.#request.deadlineMs) {
      patience.ranOut(this.#request.address)
      this.refused(this.#request.link)
    }
    for (const [link, { address, deadlineMs }] of this.#probes) {
      if (time.nowMs < deadlineMs) continue
      patience.ranOut(address)
      this.refused(link)
    }
    if (time.nowMs < this.#nextProbeMs) return
    this.#nextProbeMs = time.nowMs + this.#parts.timers.probeEveryMs()
    const contact = this.#leastRecentlyProbed()
    if (contact !== undefined && this.#request === undefined) this.#startProbe(contact)
  }

  nextDeadlineMs(): number | undefined {
    if (!this.#parts.place.isRoot) return undefined
    const probes = [...this.#probes.values()].map(({ deadlineMs }) => deadlineMs)
    return earliest(this.#request?.deadlineMs, this.#nextProbeMs, ...probes)
  }

  #leastRecentlyProbed(): Address | undefined {
    const { children, deadpool, foreign, time } = this.#parts
    const mine = children.sample()
    let oldest: Address | undefined
    let oldestMs = Infinity
    for (const address of deadpool.candidates()) {
      // One that is being asked and says nothing must not stand before the others.
      if (foreign.isPausing(address, time.nowMs) || this.#isProbed(address)) continue
      const probedMs = this.#probedMs.get(endpointKey(address)) ?? 0
      if (probedMs < oldestMs && !mine.some((member) => sameEndpoint(member, address))) {
        oldest = address
        oldestMs = probedMs
      }
    }
    return oldest
  }

  #isProbed(address: Address): boolean {
    return [...this.#probes.values()].some((probe) => sameEndpoint(probe.address, address))
  }

  #startProbe(address: Address): void {
    const { links, time, patience } = this.#parts
    if (this.#isProbed(address) || this.#probes.size >= maxProbes) return
    // Bounded by the contacts: whoever is no candidate any more need not be remembered.
    if (this.#probedMs.size > 256) this.#probedMs.clear()
    this.#probedMs.set(endpointKey(address), time.nowMs)
    const deadlineMs = time.nowMs + patience.longestOpeningMs(address)
    this.#probes.set(links.dial(address, 'probe'), { address, deadlineMs })
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
