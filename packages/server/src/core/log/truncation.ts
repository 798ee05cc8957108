/**
 * Cutting the log: what a new root never had goes back into the queue and up again. Every healing is this one
 * operation: attach, cut to the common prefix, send again what was cut.
 */
import type { LogIndex, LogRun } from '@jwp/protocol'
import { countOf, EntryRun, noPublisher } from '@jwp/protocol'
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

  constructor(needs: TruncationNeeds) {
    this.#needs = needs
  }

  /** Against the root's log, not the parent's: the parent may merely lag. */
  parentFound({ common }: ParentFound): void {
    this.cutTo(common)
  }

  /** Removes the entries after `end`; they become pending again. Returns them, oldest first. */
  cutTo(end: LogIndex): EntryRun[] {
    const { log, commit, followers, projections, outbox } = this.#needs
    if (end >= log.last) return []
    const removed = log.cutTo(end)
    if (removed.length === 0) return []
    const newEnd = log.last
    const cutApplied = firstOf(removed, commit.applied - newEnd)
    followers.cutTo(newEnd)
    if (cutApplied.length > 0) projections.cutTo(newEnd, cutApplied)
    outbox.report({ event: 'entries-cut', from: newEnd + 1, count: countOf(removed) })
    return this.#pendAgain(removed)
  }

  #pendAgain(removed: readonly LogRun[]): EntryRun[] {
    const pending = removed.filter(({ publisher }) => publisher !== noPublisher)
    for (const run of pending) this.#needs.queue.add(EntryRun.cut(run))
    return pending
  }

  /**
   * These entries have left the queue, since `by` has their numbers in the log. How many of them had their place there before,
   * and are replaced by other messages now: those are in no log any more.
   */
  replaced(waiting: readonly EntryRun[], by: EntryRun): number {
    let count = 0
    for (const run of waiting)
      for (let k = 0; run.hadPlace && k < run.count; k++)
        if (!isSame(run.bodyAt(k), by.bodyAt(run.firstN + k - by.firstN))) count++
    return count
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k])
}

/** The first so many entries of these runs. */
function firstOf(runs: readonly LogRun[], count: number): LogRun[] {
  const first: LogRun[] = []
  let left = count
  for (const run of runs) {
    if (left <= 0) break
    first.push(run.slice(0, Math.min(run.count, left)))
    left -= run.count
  }
  return first
}
