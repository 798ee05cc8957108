/**
 * Cutting the log: what a new root never had goes back into the queue and up again. Every healing is this one
 * operation: attach, cut to the common prefix, send again what was cut.
 */
import type { LogEntry, LogIndex, PendingEntry } from '@jwp/protocol'
import { noPublisher } from '@jwp/protocol'
import type { Outbox } from '../outbox.js'
import type { LogProjection } from '../projections/log-projection.js'
import type { ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { Commit } from './commit.js'
import type { LogFollower } from './log-follower.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'

export interface TruncationNeeds {
  readonly log: Pick<Log, 'last' | 'cutTo'>
  readonly commit: Pick<Commit, 'applied'>
  readonly queue: Pick<OutboundQueue, 'add'>
  readonly followers: Pick<LogFollower, 'cutTo'>
  readonly projections: Pick<LogProjection, 'cutTo'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class Truncation implements TreeListener {
  readonly #needs: TruncationNeeds
  /** What waits again, after it had its place. */
  readonly #cut = new WeakSet<PendingEntry>()

  constructor(needs: TruncationNeeds) {
    this.#needs = needs
  }

  /** Against the root's log, not the parent's: the parent may merely lag. */
  parentFound({ common }: ParentFound): void {
    this.cutTo(common)
  }

  /** Removes the entries after `end`; they become pending again. Returns them, oldest first. */
  cutTo(end: LogIndex): PendingEntry[] {
    const { log, commit, followers, projections, outbox } = this.#needs
    if (end >= log.last) return []
    const removed = log.cutTo(end)
    if (removed.length === 0) return []
    const newEnd = log.last
    const cutApplied = removed.slice(0, Math.max(0, commit.applied - newEnd))
    followers.cutTo(newEnd)
    if (cutApplied.length > 0) projections.cutTo(newEnd, cutApplied)
    outbox.report({ event: 'entries-cut', from: newEnd + 1, count: removed.length })
    return this.#pendAgain(removed)
  }

  #pendAgain(removed: readonly LogEntry[]): PendingEntry[] {
    const pending = removed.filter((entry) => entry.publisher !== noPublisher)
    for (const { publisher, n, kind, body } of pending) {
      const again = { publisher, n, kind, body }
      if (this.#needs.queue.add(again)) this.#cut.add(again)
    }
    return pending
  }

  /** Another message has the place of one that was in the log, under its number: that one is in no log any more. */
  isReplaced(waiting: PendingEntry | undefined, by: PendingEntry): boolean {
    return waiting !== undefined && this.#cut.has(waiting) && !isSame(waiting.body, by.body)
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k])
}
