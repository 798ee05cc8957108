/** Taking a parent, hearing of changes above it, and losing it. */
import type { Address, Ancestor, LinkId, ServerMessageOf } from '@jwp/protocol'
import type { Takeovers } from '../clients/takeovers.js'
import type { ClockChoice } from '../log/clock-choice.js'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Deadpool } from './deadpool.js'
import type { JoinRequests } from './join-requests.js'
import type { LinkTable } from './link-table.js'
import type { ParentSearch } from './parent-search.js'
import type { RoleKeeper } from './role.js'
import type { Terms } from './terms.js'
import type { Topology } from './topology.js'
import type { TreeListener } from './tree-listener.js'

export interface AttachmentNeeds {
  readonly self: Pick<Self, 'id' | 'address' | 'seenAs'>
  readonly time: TurnTime
  readonly role: Pick<RoleKeeper, 'now' | 'parentLink' | 'attach'>
  readonly terms: Pick<Terms, 'saw'>
  readonly log: Pick<Log, 'commonWith'>
  readonly links: Pick<LinkTable, 'get' | 'close'>
  readonly deadpool: Pick<Deadpool, 'path' | 'pathChanged'>
  readonly clocks: Pick<ClockChoice, 'learn'>
  readonly topology: Pick<Topology, 'announce'>
  readonly search: Pick<ParentSearch, 'begin' | 'end' | 'lost' | 'backOff' | 'stayed'>
  readonly joinRequests: Pick<JoinRequests, 'orphaned'>
  readonly takeovers: Pick<Takeovers, 'sawStamp'>
  readonly listeners: Required<Pick<TreeListener, 'parentFound' | 'parentLost'>>
  readonly outbox: Pick<Outbox, 'report'>
  /** A question to merge is over, and not by an answer to it. */
  readonly onMergeLost: (link: LinkId) => void
}

export class Attachment {
  readonly #needs: AttachmentNeeds
  /** When the parent took us. */
  #takenMs = 0

  constructor(needs: AttachmentNeeds) {
    this.#needs = needs
  }

  /** AUTHENTICATION_SUCCESS, the answer to the request under way. */
  accepted(link: LinkId, answer: ServerMessageOf<'AUTHENTICATION_SUCCESS'>): void {
    const { self, time, role, terms, log, links, clocks, search, listeners, outbox } = this.#needs
    const peer = links.get(link)
    if (peer === undefined) return
    if (this.#hasSelf(answer.path)) {
      // The net under the walk to the root: a ring must never stand, not for a moment.
      links.close(link)
      search.lost(link, 'gone', 'its path to the root leads through this server')
      this.#needs.onMergeLost(link)
      return
    }
    peer.purpose = 'parent'
    this.#takenMs = time.nowMs
    role.attach(link, answer.id)
    search.end(link)
    terms.saw(answer.epochNumber)
    clocks.learn(answer.clock)
    self.seenAs(answer.you.host)
    // Against the root's lineage, not the parent's: the parent may merely lag.
    listeners.parentFound({ link, answer, common: log.commonWith(answer.rootLineage) })
    outbox.report({ event: 'became-child', parent: answer.id })
  }

  pathChanged({ path, succession, epochNumber, resumedStamp, clock }: ServerMessageOf<'PATH'>): void {
    const { terms, takeovers, deadpool, clocks, topology, search } = this.#needs
    terms.saw(epochNumber)
    takeovers.sawStamp(resumedStamp)
    if (this.#hasSelf(path)) {
      search.backOff()
      this.#leaveParent('its path to the root leads through this server')
      return
    }
    deadpool.pathChanged(path, succession)
    clocks.learn(clock)
    topology.announce()
  }

  /** LEAVE: the parent goes in order, and is as good as dead. */
  parentLeaves(link: LinkId): void {
    const { deadpool, links } = this.#needs
    const address = deadpool.path[0]?.address
    links.close(link)
    this.lost('it left in order', address)
  }

  /** @param left the parent, if it said that it leaves */
  lost(why: string, left: Address | undefined): void {
    const { time, role, search, joinRequests, listeners, outbox } = this.#needs
    const parent = role.now.name === 'child' ? role.now.parentId : undefined
    outbox.report({ event: 'orphaned', parent, why })
    listeners.parentLost()
    if (left === undefined) search.stayed(time.nowMs - this.#takenMs)
    search.begin({ left })
    joinRequests.orphaned()
  }

  /** The parent does not speak as a parent should: better none. */
  #leaveParent(why: string): void {
    const link = this.#needs.role.parentLink
    if (link === undefined) return
    this.#needs.links.close(link)
    this.lost(why, undefined)
  }

  #hasSelf(path: readonly Ancestor[]): boolean {
    return path.some((ancestor) => ancestor.id === this.#needs.self.id)
  }
}
