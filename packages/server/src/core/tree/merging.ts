/**
 * Being a root: finding other trees, and merging with them.
 *
 * Two trees that meet become one by the operation that heals everything: the junior root attaches to the senior one,
 * cuts its log to the common prefix, and what it cut goes up again. The shorter log is the junior, so that a tiny fresh
 * tree never wins.
 */
import type { Address, LinkId, ServerId, ServerMessage, ServerMessageOf } from '@jwp/protocol'
import { sameEndpoint } from '@jwp/protocol'
import { earliest } from '../earliest.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import { endpointKey } from './endpoint-key.js'
import type { ForeignServers } from './foreign-servers.js'
import type { JoinQuestion } from './join-question.js'
import type { LinkOwner } from './link-owner.js'
import type { LinkTable, PeerLink } from './link-table.js'
import type { RetryBudget } from './retry-budget.js'
import type { RoleKeeper } from './role.js'
import type { Timers } from './timers.js'
import type { ParentFound, TreeListener } from './tree-listener.js'

interface TreeSize {
  readonly length: number
  readonly size: number
  readonly sinceMs: number
  readonly id: ServerId
}

/** Probes that may be under way at once: a server that does not answer for long must not keep the others waiting. */
const maxProbes = 8

interface Request {
  readonly link: LinkId
  readonly address: Address
  deadlineMs: number
  /** The question has been put. Until then nothing depends on the answer, and others are answered as ever. */
  isAsked: boolean
}

export interface MergingNeeds {
  readonly self: Pick<Self, 'id' | 'address'>
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'probeEveryMs'>
  readonly retry: Pick<RetryBudget, 'longestOpeningMs' | 'longestAnswerMs' | 'ranOut'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'rootSinceMs'>
  readonly log: Pick<Log, 'last'>
  readonly children: Pick<Children, 'treeSize' | 'sample'>
  readonly deadpool: Pick<Deadpool, 'candidates' | 'met' | 'path' | 'refused'>
  readonly foreign: Pick<ForeignServers, 'forget' | 'isPausing'>
  readonly question: Pick<JoinQuestion, 'to'>
  readonly links: Pick<LinkTable, 'dial' | 'get' | 'send' | 'close'>
  readonly outbox: Pick<Outbox, 'report'>
  /** The senior root takes us. */
  readonly onAccepted: (link: LinkId, answer: ServerMessageOf<'AUTHENTICATION_SUCCESS'>) => void
}

export class Merging implements TreeListener, LinkOwner {
  readonly #needs: MergingNeeds
  #request: Request | undefined
  readonly #probes = new Map<LinkId, { readonly address: Address; deadlineMs: number }>()
  #nextProbeMs = Infinity
  /** When each contact was probed last, by endpoint. Least recently probed goes first, so that none is starved. */
  readonly #probedMs = new Map<string, number>()

  constructor(needs: MergingNeeds) {
    this.#needs = needs
  }

  get isMerging(): boolean {
    return this.#request?.isAsked === true
  }

  becameRoot(): void {
    const { time, timers } = this.#needs
    this.#nextProbeMs = time.nowMs + timers.probeEveryMs() / 2
  }

  /** We are no root any more. */
  parentFound({ link: parent }: Pick<ParentFound, 'link'>): void {
    const { links } = this.#needs
    if (this.#request !== undefined && this.#request.link !== parent) links.close(this.#request.link)
    for (const link of this.#probes.keys()) links.close(link)
    this.#request = undefined
    this.#probes.clear()
    this.#nextProbeMs = Infinity
  }

  /** Junior: shorter log, then smaller tree, then younger, then higher id. */
  weAreJuniorTo(other: TreeSize): boolean {
    const { log, children, role, self } = this.#needs
    if (log.last !== other.length) return log.last < other.length
    const size = children.treeSize()
    if (size !== other.size) return size < other.size
    if (role.rootSinceMs !== other.sinceMs) return role.rootSinceMs > other.sinceMs
    return self.id > other.id
  }

  askToMerge(address: Address): void {
    const { role, links, time, retry } = this.#needs
    if (!role.isRoot || this.#request !== undefined) return
    const link = links.dial(address, 'merge')
    const deadlineMs = time.nowMs + retry.longestOpeningMs(address)
    this.#request = { link, address, deadlineMs, isAsked: false }
  }

  opened(link: LinkId): void {
    const { links, question, time, retry } = this.#needs
    const peer = links.get(link)
    const probe = this.#probes.get(link)
    if (peer === undefined) return
    const deadlineMs = time.nowMs + retry.longestAnswerMs(peer)
    if (this.#request?.link === link) {
      this.#request.isAsked = true
      this.#request.deadlineMs = deadlineMs
      links.send(link, question.to(this.#request.address, { dry: false, root: true }))
    } else if (probe !== undefined) {
      probe.deadlineMs = deadlineMs
      this.#sendProbe(link)
    }
  }

  message(peer: PeerLink, message: ServerMessage): string | undefined {
    const { deadpool, onAccepted } = this.#needs
    const { link, purpose, dialled } = peer
    const isRequest = purpose === 'merge'
    if (!isRequest && message.type === 'PROBE_RESULT') return this.#probeAnswered(link, message)
    if (isRequest && message.type === 'AUTHENTICATION_SUCCESS' && this.#request?.link === link) {
      onAccepted(link, message)
      return undefined
    }
    if (message.type === 'AUTHENTICATION_FAIL' && dialled !== undefined) deadpool.refused(dialled)
    if (!isRequest) return 'no answer to a probe'
    // The senior root refuses now. Probing continues.
    this.#giveUp(link)
    return undefined
  }

  lost(link: LinkId): void {
    if (this.#request?.link === link) this.#request = undefined
    this.#probes.delete(link)
  }

  #giveUp(link: LinkId): void {
    this.lost(link)
    this.#needs.links.close(link)
  }

  /** A root looks for other trees. */
  probed(link: LinkId, message: ServerMessageOf<'PROBE'>): void {
    const { role, self, log, children, deadpool, links } = this.#needs
    deadpool.met([message.address])
    if (role.isRoot) {
      const own = { length: log.last, size: children.treeSize(), sinceMs: role.rootSinceMs }
      links.send(link, { type: 'PROBE_RESULT', root: { id: self.id, address: self.address }, own })
      if (message.id !== self.id && this.weAreJuniorTo(message)) this.askToMerge(message.address)
    } else {
      const root = role.isOrphan ? undefined : deadpool.path.at(-1)
      links.send(link, { type: 'PROBE_RESULT', root, own: undefined })
    }
  }

  #probeAnswered(link: LinkId, message: ServerMessageOf<'PROBE_RESULT'>): undefined {
    if (!this.#probes.delete(link)) return
    const { links, self, role, outbox, foreign } = this.#needs
    const dialled = links.get(link)?.dialled
    if (dialled !== undefined) foreign.forget(dialled)
    links.close(link)
    const { root, own } = message
    if (!role.isRoot || root === undefined || root.id === self.id) return
    if (own === undefined) this.#startProbe(root.address)
    else if (this.weAreJuniorTo({ ...own, id: root.id })) {
      outbox.report({ event: 'merging', withRoot: root.id })
      this.askToMerge(root.address)
    }
  }

  tick(): void {
    const { time, role, retry } = this.#needs
    if (!role.isRoot) return
    if (this.#request !== undefined && time.nowMs >= this.#request.deadlineMs) {
      retry.ranOut(this.#request.address)
      this.#giveUp(this.#request.link)
    }
    for (const [link, { address, deadlineMs }] of this.#probes) {
      if (time.nowMs < deadlineMs) continue
      retry.ranOut(address)
      this.#giveUp(link)
    }
    if (time.nowMs < this.#nextProbeMs) return
    this.#nextProbeMs = time.nowMs + this.#needs.timers.probeEveryMs()
    const contact = this.#leastRecentlyProbed()
    if (contact !== undefined && this.#request === undefined) this.#startProbe(contact)
  }

  nextDeadlineMs(): number | undefined {
    if (!this.#needs.role.isRoot) return undefined
    const probes = [...this.#probes.values()].map(({ deadlineMs }) => deadlineMs)
    return earliest(this.#request?.deadlineMs, this.#nextProbeMs, ...probes)
  }

  #leastRecentlyProbed(): Address | undefined {
    const { children, deadpool, foreign, time } = this.#needs
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
    const { links, time, retry } = this.#needs
    if (this.#isProbed(address) || this.#probes.size >= maxProbes) return
    // Bounded by the contacts: what is no candidate any more need not be remembered.
    if (this.#probedMs.size > 256) this.#probedMs.clear()
    this.#probedMs.set(endpointKey(address), time.nowMs)
    const deadlineMs = time.nowMs + retry.longestOpeningMs(address)
    this.#probes.set(links.dial(address, 'probe'), { address, deadlineMs })
  }

  #sendProbe(link: LinkId): void {
    const { links, self, log, children, role } = this.#needs
    const to = links.get(link)?.dialled
    if (to === undefined) return
    links.send(link, {
      type: 'PROBE',
      secret: to.secret,
      id: self.id,
      address: self.address,
      length: log.last,
      size: children.treeSize(),
      sinceMs: role.rootSinceMs,
    })
  }
}
