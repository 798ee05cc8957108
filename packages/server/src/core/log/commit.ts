/**
 * How far the log is safe to deliver. The root commits what all of its core children have acknowledged; everybody
 * else learns the mark with the log. A core child is one that has once acknowledged the log up to the mark.
 */
import type { LinkId, LogIndex } from '@jwp/protocol'
import { earliest, type Parts } from '../parts.js'

export class Commitment {
  readonly #parts: Parts
  #commit: LogIndex = 0
  #applied: LogIndex = 0
  /** A root without children may commit alone only once it is certain to be alone: it knows since… */
  #certainlyAlone = false
  /** …or when nobody has shown up for the grace that begins here. */
  #aloneSinceMs = 0
  /** Connections opened to see whether anybody is left. */
  #census: Set<LinkId> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get commit(): LogIndex {
    return this.#commit
  }

  get applied(): LogIndex {
    return this.#applied
  }

  /** Entries that may be delivered now become applied, at most so many; the caller does with each what is due. */
  advanceApplied(most: number): LogIndex {
    return (this.#applied = Math.min(this.#commit, this.#applied + most))
  }

  beginReign(certainlyAlone: boolean): void {
    this.#certainlyAlone = certainlyAlone
    this.#aloneSinceMs = this.#parts.time.nowMs
  }

  /** A parent's mark: everything up to it is the same here and there. */
  learned(commit: LogIndex): void {
    this.#commit = Math.max(this.#commit, Math.min(commit, this.#parts.log.last))
  }

  cutTo(end: LogIndex): void {
    this.#commit = Math.min(this.#commit, end)
    this.#applied = Math.min(this.#applied, end)
  }

  /** Somebody else's baseline was taken over. */
  restartAt(index: LogIndex): void {
    this.#commit = index
    this.#applied = index
  }

  childJoined(): void {
    this.#certainlyAlone = false
    this.#endCensus()
  }

  /** The root lost a child. If it was the last one: is anybody left? Only refused connections prove that nobody is. */
  childLost(): void {
    const { place, children, time, deadpool, links } = this.#parts
    if (!place.isRoot || children.count > 0) return
    this.#aloneSinceMs = time.nowMs
    this.#certainlyAlone = false
    this.#endCensus()
    this.#census = new Set(deadpool.candidates().map((address) => links.dial(address, 'census')))
    if (this.#census.size === 0) this.#certainlyAlone = true
  }

  censusOpened(link: LinkId): void {
    if (this.#census?.has(link) === true) this.#endCensus()
  }

  censusLost(link: LinkId, how: 'gone' | 'unreachable'): void {
    if (this.#census?.delete(link) !== true) return
    if (how === 'unreachable') this.#endCensus()
    else if (this.#census.size === 0) {
      this.#census = undefined
      this.#certainlyAlone = this.#parts.place.isRoot && this.#parts.children.count === 0
    }
  }

  /** Root: a child's log equals ours up to `index`. */
  acknowledged(link: LinkId, index: LogIndex): void {
    const { children, log, adoption, place, down, time } = this.#parts
    const child = children.get(link)
    if (child === undefined || !place.isRoot || index > log.last) return
    child.acknowledged = Math.max(child.acknowledged, Math.min(index, child.sent))
    child.laggingSinceMs = child.acknowledged < child.sent ? time.nowMs : undefined
    if (child.coreSince === undefined && child.acknowledged >= this.#commit) {
      child.coreSince = adoption.nextCorePlace()
      down.tellPath()
    }
  }

  /** End of a turn: the mark moves as far as the core allows. */
  advance(): void {
    const { place, children, log, persistence } = this.#parts
    if (!place.isRoot) return
    // What we ourselves have not on disk yet may be gone when all of us end at once.
    const ours = Math.min(log.last, persistence.storedIndex)
    if (children.count === 0) {
      if (this.#mayCommitAlone()) this.#commit = Math.max(this.#commit, ours)
      return
    }
    this.#dropLaggards()
    let slowest: LogIndex | undefined
    for (const child of children.all()) {
      if (child.coreSince !== undefined) slowest = Math.min(slowest ?? child.acknowledged, child.acknowledged)
    }
    if (slowest !== undefined) this.#commit = Math.max(this.#commit, Math.min(slowest, ours))
  }

  nextDeadlineMs(): number | undefined {
    const { place, children, log, options, time } = this.#parts
    if (!place.isRoot) return undefined
    if (children.count === 0) {
      return this.#commit < log.last && !this.#mayCommitAlone()
        ? this.#aloneSinceMs + this.#parts.timers.graceMs()
        : undefined
    }
    const lagging = [...children.all()].filter(
      (child) => child.coreSince !== undefined && child.laggingSinceMs !== undefined,
    )
    const limits = lagging.map((child) => child.laggingSinceMs! + options.timing.coreLagLimitMs)
    // Limits that have passed were looked at: when nobody is prompt nobody is dropped, and we must not spin on that.
    return earliest(...limits.filter((limitMs) => limitMs > time.nowMs))
  }

  endReign(): void {
    this.#endCensus()
  }

  #mayCommitAlone(): boolean {
    return this.#certainlyAlone || this.#parts.time.nowMs >= this.#aloneSinceMs + this.#parts.timers.graceMs()
  }

  /** One child that is alive but slow must not freeze everybody: it leaves the succession until it has caught up. */
  #dropLaggards(): void {
    const { children, time, options, down } = this.#parts
    const core = [...children.all()].filter((child) => child.coreSince !== undefined)
    const prompt = core.filter(
      (child) =>
        child.laggingSinceMs === undefined ||
        time.nowMs - child.laggingSinceMs < options.timing.coreLagLimitMs,
    )
    if (prompt.length === core.length || prompt.length === 0) return
    for (const child of core) if (!prompt.includes(child)) child.coreSince = undefined
    // The others must know the shorter list before anything is committed without the dropped one.
    down.tellPath()
  }

  #endCensus(): void {
    for (const link of this.#census ?? []) this.#parts.links.close(link)
    this.#census = undefined
  }
}
