/**
 * The members of the tree. Reports go up: how far the subtree of this server has come in the log, how big it is, and
 * a sample of its members. The stable index and a sample of all members come down.
 */
import type { Address, LinkId, ServerMessageOf } from '@jwp/protocol'
import { maxReportedStrangers, maxSampledMembers, sameEndpoint } from '@jwp/protocol'
import type { Commit } from '../log/commit.js'
import type { StabilityDemand } from '../log/stability-demand.js'
import type { StableIndex } from '../log/stable-index.js'
import type { ServerOptions } from '../options.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkTable, PeerLink } from './link-table.js'
import type { RoleKeeper } from './role.js'
import type { Timers } from './timers.js'
import type { TreeListener } from './tree-listener.js'

/**
 * Once so many entries are applied, a report of it is worth a message of its own. Of fewer the heartbeats tell, unless a client waits for
 * that: the log is kept a moment longer, and a lonely message costs each server two messages less.
 */
const worthReporting = 64
/** Servers in a tree, at most: what a child claims must stay a number that we can add to. */
const maxTreeSize = 1_000_000

export interface MembershipNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'reportEveryMs'>
  readonly options: Pick<ServerOptions, 'remote'>
  readonly self: Pick<Self, 'address'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'parentLink'>
  readonly children: Pick<Children, 'all' | 'get' | 'reported' | 'subtreeOf' | 'sample' | 'treeSize'>
  readonly deadpool: Pick<Deadpool, 'met' | 'heardOf' | 'members' | 'membersAre' | 'path'>
  readonly links: Pick<LinkTable, 'send'>
  readonly stable: Pick<StableIndex, 'index' | 'moveTo' | 'reported' | 'appliedBelow'>
  readonly demand: Pick<StabilityDemand, 'upTo'>
  readonly commit: Pick<Commit, 'applied'>
}

export class Membership implements TreeListener {
  readonly #needs: MembershipNeeds
  #sentStable = 0
  #reported = ''
  #sentMembers = ''
  #lastReportMs = 0
  /** What was applied when we reported last. */
  #reportedApplied = 0
  #isDue = false

  constructor(needs: MembershipNeeds) {
    this.#needs = needs
  }

  /** More of the log is applied. */
  applied(): void {
    const { commit, demand, stable } = this.#needs
    // Back at a lower index: the log was cut.
    const isMuch = Math.abs(commit.applied - this.#reportedApplied) >= worthReporting
    if (isMuch || demand.upTo > stable.index) this.changed()
  }

  /** HEARTBEAT, from parent or child. */
  learnedApplied(peer: PeerLink, { applied }: ServerMessageOf<'HEARTBEAT'>): void {
    const { stable, demand } = this.#needs
    if (applied === undefined) return
    if (peer.purpose === 'parent') stable.moveTo(applied)
    else {
      stable.reported(peer.link, applied)
      if (demand.upTo > stable.index) this.changed()
    }
  }

  /** Something that reports tell has changed: tell it soon. */
  changed(): void {
    this.#isDue = true
  }

  childJoined(): void {
    this.changed()
  }

  childLost(): void {
    this.changed()
  }

  /** A new parent knows nothing of us yet. */
  parentFound(): void {
    this.#reported = ''
    this.#lastReportMs = 0
    this.changed()
  }

  /** REPORT, from a child. */
  received(link: LinkId, message: ServerMessageOf<'REPORT'>): void {
    const { children, deadpool, stable } = this.#needs
    if (children.get(link) === undefined) return
    const { applied, members, strangers = [] } = message
    stable.reported(link, applied)
    children.reported(link, { size: Math.min(message.size, maxTreeSize), members, unknownPeers: strangers })
    deadpool.met(members)
    deadpool.heardOf(strangers)
    this.changed()
  }

  /** EVERYWHERE, from the parent. */
  learnedStable({ index }: ServerMessageOf<'EVERYWHERE'>): void {
    this.#needs.stable.moveTo(index)
    this.changed()
  }

  /** SOME, from the parent. */
  learnedMembers({ members }: ServerMessageOf<'SOME'>): void {
    this.#needs.deadpool.membersAre(members)
    this.#needs.deadpool.met(members)
    this.changed()
  }

  tick(): void {
    const { time, timers, commit } = this.#needs
    if (time.nowMs < this.#lastReportMs + timers.reportEveryMs()) return
    if (!this.#isDue) return this.#lookAtStable()
    this.#isDue = false
    this.#reportedApplied = commit.applied
    this.#lastReportMs = time.nowMs
    this.#reportUp()
    this.#sendDown()
  }

  nextDeadlineMs(): number | undefined {
    return this.#isDue ? this.#lastReportMs + this.#needs.timers.reportEveryMs() : undefined
  }

  /** Heartbeats of the children have told a root that all have come further; its own tell them so. */
  #lookAtStable(): void {
    const { role, stable } = this.#needs
    if (role.isRoot) stable.moveTo(stable.appliedBelow())
  }

  #reportUp(): void {
    const { role, links, children, deadpool, stable } = this.#needs
    const applied = stable.appliedBelow()
    if (role.isRoot) {
      deadpool.membersAre(children.sample())
      stable.moveTo(applied)
      return
    }
    const parent = role.parentLink
    if (parent === undefined) return
    const strangers = this.#unknownPeers()
    const report = {
      applied,
      size: children.treeSize(),
      members: children.sample(),
      ...(strangers.length > 0 ? { strangers } : {}),
    }
    const text = JSON.stringify(report)
    if (text === this.#reported) return
    this.#reported = text
    links.send(parent, { type: 'REPORT', ...report })
  }

  /**
   * Servers outside the tree. Only a root looks for other trees, but only this server may know where they are: a
   * server whose configured parent was away when it began ends up below a parent that has never heard of that one,
   * and the two trees would never meet.
   */
  #unknownPeers(): Address[] {
    const { children, deadpool, options, self } = this.#needs
    const told = options.remote === undefined ? [] : [options.remote]
    for (const child of children.all()) told.push(...children.subtreeOf(child).unknownPeers)
    const seen = [
      self.address,
      ...deadpool.members,
      ...children.sample(),
      ...deadpool.path.map((ancestor) => ancestor.address),
    ]
    return told
      .filter((address) => !seen.some((other) => sameEndpoint(other, address)))
      .slice(0, maxReportedStrangers)
  }

  #sendDown(): void {
    const { children, links, deadpool, stable } = this.#needs
    const members = deadpool.members.slice(0, maxSampledMembers)
    const text = JSON.stringify([members, [...children.all()].map((child) => child.link)])
    const sendMembers = text !== this.#sentMembers
    this.#sentMembers = text
    for (const child of children.all()) {
      if (sendMembers && members.length > 0) links.send(child.link, { type: 'SOME', members })
      // A new child was sent the index of that moment, which may have gone back and forth since the others got it.
      if (sendMembers || stable.index !== this.#sentStable)
        links.send(child.link, { type: 'EVERYWHERE', index: stable.index })
    }
    this.#sentStable = stable.index
  }
}
