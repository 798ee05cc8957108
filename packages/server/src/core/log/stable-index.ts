/**
 * What everybody in the tree has. Reports go up (what my whole subtree has applied, how big it is, who is in it),
 * the mark and a sample of the members come down. Members are the servers attached now: a server that is cut off
 * does not count, or one dead server would keep everybody's log for ever.
 */
import type { Address, LinkId, LogIndex, ServerMessageOf } from '@jwp/protocol'
import { maxReportedStrangers, maxSampledMembers, sameEndpoint } from '@jwp/protocol'
import { earliest, type Parts } from '../parts.js'
import { firstOwed } from '../presence/backlog.js'
import { EntryAges } from './entry-ages.js'
import { entryOverheadBytes } from './log.js'

/** Servers in a tree, at most: what a child claims must stay a number that we can add to. */
const maxTreeSize = 1_000_000

/** How often the log's tail is looked at. Retention is minutes long; a second is soon enough. */
const dropEveryMs = 1_000
/** While there is more than the retention asks for, it is memory that counts. */
const dropOftenMs = 100

export class Stability {
  readonly #parts: Parts
  readonly #ages = new EntryAges()
  /** Everybody in the tree has applied up to here. May go back when a new server attaches. */
  everywhere: LogIndex = 0
  #toldEverywhere: LogIndex = 0
  #reported = ''
  #toldMembers = ''
  #lastReportMs = 0
  #due = false
  #nextDropMs = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Something that reports tell has changed: tell it soon. */
  changed(): void {
    this.#due = true
  }

  reported(link: LinkId, message: ServerMessageOf<'REPORT'>): void {
    const child = this.#parts.children.get(link)
    if (child === undefined) return
    child.applied = message.applied
    child.size = Math.min(message.size, maxTreeSize)
    child.members = message.members
    child.strangers = message.strangers ?? []
    this.#parts.deadpool.met(message.members)
    this.#parts.deadpool.heardOf(child.strangers)
    this.changed()
  }

  learnedEverywhere(index: LogIndex): void {
    this.everywhere = index
    this.#parts.acknowledgements.everywhere(index)
    this.changed()
  }

  learnedMembers(message: ServerMessageOf<'SOME'>): void {
    this.#parts.deadpool.members = message.members
    this.#parts.deadpool.met(message.members)
    this.changed()
  }

  /** What comes after `end` will be other entries, which not everybody has. */
  cutTo(end: LogIndex): void {
    this.everywhere = Math.min(this.everywhere, end)
    this.#ages.cutTo(end)
  }

  /** The log starts over: all that it has, we have had since now. */
  restart(): void {
    this.#ages.cutTo(-1)
  }

  /** A new parent knows nothing of us yet. */
  parentFound(everywhere: LogIndex): void {
    this.everywhere = everywhere
    this.#parts.acknowledgements.everywhere(everywhere)
    this.#reported = ''
    this.#due = true
    this.#lastReportMs = 0
  }

  tick(): void {
    const { time, timers } = this.#parts
    if (time.nowMs >= this.#nextDropMs) this.#dropOld()
    if (!this.#due || time.nowMs < this.#lastReportMs + timers.reportEveryMs()) return
    this.#due = false
    this.#lastReportMs = time.nowMs
    this.#reportUp()
    this.#tellDown()
  }

  nextDeadlineMs(): number | undefined {
    const { timers, clients } = this.#parts
    return earliest(
      this.#due ? this.#lastReportMs + timers.reportEveryMs() : undefined,
      // Publishers may wait for the log to become shorter, and then nothing else need happen.
      clients.slowedCount > 0 ? this.#nextDropMs : undefined,
    )
  }

  /** Our whole subtree has applied up to here. */
  #appliedBelow(): LogIndex {
    const { commitment, startingOver } = this.#parts
    let applied = Math.min(commitment.applied, startingOver.agreedUpTo)
    for (const child of this.#parts.children.all()) applied = Math.min(applied, child.applied)
    return applied
  }

  #reportUp(): void {
    const { place, links, children, deadpool } = this.#parts
    const applied = this.#appliedBelow()
    if (place.isRoot) {
      deadpool.members = children.sample()
      this.everywhere = applied
      this.#parts.acknowledgements.everywhere(applied)
      return
    }
    const parent = place.parentLink
    if (parent === undefined) return
    const strangers = this.#strangers()
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
   * Only a root looks for other trees, but only we may know where: a server whose own remote was away when it began
   * ends up below somebody who has never heard of that remote, and the two trees would never meet.
   */
  #strangers(): Address[] {
    const { children, deadpool, options, self } = this.#parts
    const told = options.remote === undefined ? [] : [options.remote]
    for (const child of children.all()) told.push(...child.strangers)
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

  #tellDown(): void {
    const { children, links, deadpool } = this.#parts
    const members = deadpool.members.slice(0, maxSampledMembers)
    const text = JSON.stringify([members, [...children.all()].map((child) => child.link)])
    const tellMembers = text !== this.#toldMembers
    this.#toldMembers = text
    for (const child of children.all()) {
      if (tellMembers && members.length > 0) links.send(child.link, { type: 'SOME', members })
      // A new child was told the mark of that moment, which may have gone back and forth since we told the others.
      if (tellMembers || this.everywhere !== this.#toldEverywhere)
        links.send(child.link, { type: 'EVERYWHERE', index: this.everywhere })
    }
    this.#toldEverywhere = this.everywhere
  }

  /** Drops what everybody has once it is older, or more, than the retention asks us to keep. */
  #dropOld(): void {
    const { log, commitment, time, options, persistence, sessions, presence } = this.#parts
    const isFull = log.bytes > options.limits.retentionBytes
    this.#nextDropMs = time.nowMs + (isFull ? dropOftenMs : dropEveryMs)
    const droppable = Math.min(this.everywhere, commitment.applied, this.#lowestChildMark())
    const { retentionMs, backlogMs } = options.limits
    this.#ages.look(log.last, time.nowMs)
    const oldUpTo = this.#ages.lastOlderThan(retentionMs)
    const oldIfOwedUpTo = this.#ages.lastOlderThan(Math.max(retentionMs, backlogMs))
    const owedFrom = this.#owedFrom()
    let drop = log.base
    let bytes = log.bytes
    for (let index = log.base + 1; index <= droppable; index++) {
      const entry = log.at(index)!
      // A marker's timestamp only continues the log's: it tells no age, and goes with what follows it.
      if (entry.kind === 'marker') continue
      const isOld = index <= (index > owedFrom ? oldIfOwedUpTo : oldUpTo)
      if (!isOld && bytes <= options.limits.retentionBytes) break
      bytes -= entry.body.length + entryOverheadBytes
      drop = index
    }
    persistence.dropped(log.dropTo(drop))
    this.#ages.dropTo(log.base)
    sessions.settle(log.base)
    presence.settle(log.base)
  }

  /** Users who are away are owed something from here on; Infinity: nobody is. */
  #owedFrom(): LogIndex {
    const { presence, options } = this.#parts
    let from = Infinity
    for (const row of presence.rows())
      if (row.connections.length === 0) from = Math.min(from, firstOwed(row, options.limits.offline))
    return from
  }

  #lowestChildMark(): LogIndex {
    let lowest = Infinity
    for (const child of this.#parts.children.all()) lowest = Math.min(lowest, child.sent)
    return lowest
  }
}
