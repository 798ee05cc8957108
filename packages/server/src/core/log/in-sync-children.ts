/**
 * Which children of the root are in sync: those that have once acknowledged the log up to the commit index. What all of
 * them have acknowledged is committed, and in the order in which they came to be in sync they are the root's heirs.
 */
import type { Ancestor, LinkId, LogIndex } from '@jwp/protocol'
import { earliest } from '../earliest.js'
import type { ServerOptions } from '../options.js'
import type { Child } from '../tree/child.js'
import type { RoleKeeper } from '../tree/role.js'
import type { ChildJoined, TreeListener } from '../tree/tree-listener.js'
import type { TurnTime } from '../turn-time.js'
import type { LogFollower } from './log-follower.js'

interface Standing {
  readonly child: Child
  /** Its log equals ours up to here. */
  acknowledged: LogIndex
  /** The how-manieth it was to come in sync; undefined: it is not. */
  order: number | undefined
  /** Since when an acknowledgement is due; undefined: none is. */
  laggingSinceMs: number | undefined
}

export interface InSyncChildrenNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  /** The log was sent to this child up to here. */
  readonly sentTo: (link: LinkId) => LogIndex
  /** Other children are the heirs now: all of them must know before anything is committed without the old ones. */
  readonly onHeirsChanged: () => void
}

export class InSyncChildren implements TreeListener, LogFollower {
  readonly #needs: InSyncChildrenNeeds
  readonly #standings = new Map<LinkId, Standing>()
  /** How many have come in sync so far. */
  #count = 0

  constructor(needs: InSyncChildrenNeeds) {
    this.#needs = needs
  }

  childJoined({ child }: ChildJoined): void {
    this.#standings.set(child.link, {
      child,
      acknowledged: 0,
      order: undefined,
      laggingSinceMs: undefined,
    })
  }

  childLost({ link }: Child): void {
    const wasInSync = this.#standings.get(link)?.order !== undefined
    this.#standings.delete(link)
    if (this.#needs.role.isRoot && wasInSync) this.#needs.onHeirsChanged()
  }

  becameRoot(): void {
    for (const standing of this.#standings.values()) {
      standing.order = undefined
      standing.acknowledged = 0
    }
  }

  cutTo(end: LogIndex): void {
    for (const standing of this.#standings.values())
      standing.acknowledged = Math.min(standing.acknowledged, end)
  }

  restartAt(): void {
    // The children follow a log that is no more: they are dropped.
  }

  isInSync(link: LinkId): boolean {
    return this.#standings.get(link)?.order !== undefined
  }

  /** Entries left for this child, and it has not acknowledged them yet. */
  awaitAck(link: LinkId): void {
    const standing = this.#standings.get(link)
    if (standing !== undefined) standing.laggingSinceMs ??= this.#needs.time.nowMs
  }

  /** The child's log equals ours up to `index`. @param commit from here on it counts */
  acknowledged(link: LinkId, index: LogIndex, commit: LogIndex): void {
    const standing = this.#standings.get(link)
    if (standing === undefined) return
    const { time, sentTo, onHeirsChanged } = this.#needs
    const sent = sentTo(link)
    standing.acknowledged = Math.max(standing.acknowledged, Math.min(index, sent))
    standing.laggingSinceMs = standing.acknowledged < sent ? time.nowMs : undefined
    if (standing.order !== undefined || standing.acknowledged < commit) return
    standing.order = ++this.#count
    onHeirsChanged()
  }

  /** All that are in sync have acknowledged so much; undefined: none is. */
  acknowledgedByAll(): LogIndex | undefined {
    let slowest: LogIndex | undefined
    for (const { acknowledged } of this.#inSync()) slowest = Math.min(slowest ?? acknowledged, acknowledged)
    return slowest
  }

  /** The heirs: children that may take over from the root. */
  heirs(): Ancestor[] {
    return this.#inSync()
      .sort((a, b) => a.order! - b.order!)
      .map(({ child: { id, address } }) => ({ id, address }))
  }

  /** One child that is alive but slow must not hold up all others: it is no heir until it has caught up. */
  dropLaggards(): void {
    const { time, options, onHeirsChanged } = this.#needs
    const inSync = this.#inSync()
    const isPrompt = ({ laggingSinceMs }: Standing): boolean =>
      laggingSinceMs === undefined || time.nowMs - laggingSinceMs < options.timing.coreLagLimitMs
    const laggards = inSync.filter((standing) => !isPrompt(standing))
    if (laggards.length === 0 || laggards.length === inSync.length) return
    for (const standing of laggards) standing.order = undefined
    onHeirsChanged()
  }

  nextDeadlineMs(): number | undefined {
    const { time, options } = this.#needs
    const limits = this.#inSync().map(({ laggingSinceMs }) =>
      laggingSinceMs === undefined ? undefined : laggingSinceMs + options.timing.coreLagLimitMs,
    )
    // Limits that have passed were looked at: when no child is prompt none is dropped, and we must not spin on that.
    return earliest(...limits.filter((limitMs) => limitMs !== undefined && limitMs > time.nowMs))
  }

  #inSync(): Standing[] {
    return [...this.#standings.values()].filter(({ order }) => order !== undefined)
  }
}
