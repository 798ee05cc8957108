/**
 * The log on its way down to the children, and how far each has got it.
 *
 * The root sends its children all that it has; every other server only what is committed. So only the root and its
 * children ever hold entries that may still be cut by an election.
 */
import type { LinkId, LogIndex } from '@jwp/protocol'
import { countOf, inBatches, maxBatchBytes } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Directory } from '../projections/directory.js'
import type { Presence } from '../projections/presence.js'
import type { Child } from '../tree/child.js'
import type { LinkTable } from '../tree/link-table.js'
import type { RoleKeeper } from '../tree/role.js'
import type { ChildJoined, TreeListener } from '../tree/tree-listener.js'
import type { Commit } from './commit.js'
import type { InSyncChildren } from './in-sync-children.js'
import type { LogFollower } from './log-follower.js'
import type { Log } from './log.js'
import type { StabilityDemand } from './stability-demand.js'
import type { StableIndex } from './stable-index.js'
import { SnapshotParts } from './snapshot-parts.js'

/** LOG messages to one child in one turn; a child far behind must not keep the others waiting. */
const batchesPerTurn = 4

interface Cursor {
  readonly link: LinkId
  /** What it has not got yet of the snapshot that it starts over from; no log before that. */
  snapshot: SnapshotParts | undefined
  /** The log was sent to it up to here. */
  sent: LogIndex
  /** The log was truncated below what the child has: it must be told, even with nothing new to send. */
  hasStaleTail: boolean
  /** The commit index that the child was last sent. */
  sentCommit: LogIndex
}

export interface DownlinkNeeds {
  readonly log: Pick<Log, 'last' | 'base' | 'runsBetween' | 'baseline'>
  readonly commit: Pick<Commit, 'index'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly links: Pick<LinkTable, 'get' | 'send'>
  readonly stable: Pick<StableIndex, 'index'>
  readonly demand: Pick<StabilityDemand, 'upTo'>
  readonly inSync: Pick<InSyncChildren, 'awaitAck'>
  readonly directory: Pick<Directory, 'usersUpTo'>
  readonly presence: Pick<Presence, 'tableAt'>
  readonly options: Pick<ServerOptions, 'limits'>
}

export class Downlink implements TreeListener, LogFollower {
  readonly #needs: DownlinkNeeds
  readonly #cursors = new Map<LinkId, Cursor>()
  #hasMore = false

  constructor(needs: DownlinkNeeds) {
    this.#needs = needs
  }

  /** How far our log may go down. */
  get end(): LogIndex {
    const { role, log, commit } = this.#needs
    return role.isRoot ? log.last : commit.index
  }

  /** Some child is not blocked and has not got everything: another turn is wanted at once. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** The log was sent to this child up to here. */
  sentTo(link: LinkId): LogIndex {
    return this.#cursors.get(link)?.sent ?? 0
  }

  /** The log was sent to all children up to here; Infinity: there is none. */
  sentToAll(): LogIndex {
    let lowest = Infinity
    for (const { sent } of this.#cursors.values()) lowest = Math.min(lowest, sent)
    return lowest
  }

  /** All children were sent the commit index up to here. */
  committedAtAll(index: LogIndex): boolean {
    return [...this.#cursors.values()].every(({ sentCommit }) => sentCommit >= index)
  }

  childJoined({ child: { link }, common, needsSnapshot }: ChildJoined): void {
    const { base } = this.#needs.log
    const snapshot = needsSnapshot ? this.#snapshot() : undefined
    const sent = needsSnapshot ? base : common
    this.#cursors.set(link, { link, snapshot, sent, hasStaleTail: false, sentCommit: 0 })
  }

  childLost({ link }: Child): void {
    this.#cursors.delete(link)
  }

  cutTo(end: LogIndex): void {
    for (const cursor of this.#cursors.values()) {
      if (cursor.sent > end) cursor.hasStaleTail = true
      cursor.sent = Math.min(cursor.sent, end)
      cursor.sentCommit = Math.min(cursor.sentCommit, end)
    }
  }

  restartAt(): void {
    // The children follow a log that is no more: they are dropped.
  }

  /** End of a turn: what the children have not got yet. */
  flush(): void {
    this.#hasMore = false
    for (const cursor of this.#cursors.values()) {
      const peer = this.#needs.links.get(cursor.link)
      if (peer === undefined || peer.blockedSinceMs !== undefined) continue
      if (cursor.snapshot === undefined || this.#sendPart(cursor, cursor.snapshot)) this.#flushTo(cursor)
    }
  }

  /**
   * What we keep begins too late for this child: it starts over from our base. We drop nothing that lies behind, since
   * that is not sent to it yet.
   */
  #snapshot(): SnapshotParts {
    const { log, directory, presence, options } = this.#needs
    // Children that attach together, as after a partition, share one copy of the tables.
    const same = [...this.#cursors.values()].find(({ snapshot }) => snapshot?.whole.index === log.base)
    const whole = same?.snapshot?.whole ?? {
      ...log.baseline(),
      users: directory.usersUpTo(log.base),
      presence: presence.tableAt(log.base),
    }
    return new SnapshotParts(whole, options.limits.snapshotRows)
  }

  /** One part per turn: packing thousands of rows takes long enough. True: it was the last, and the log may follow. */
  #sendPart(cursor: Cursor, snapshot: SnapshotParts): boolean {
    this.#needs.links.send(cursor.link, snapshot.next())
    if (snapshot.isDone) cursor.snapshot = undefined
    else this.#hasMore = true
    return snapshot.isDone
  }

  #flushTo(cursor: Cursor): void {
    const { log, commit: committed, role, links, inSync, stable, demand, options } = this.#needs
    const batchLimits = { maxEntries: options.limits.batchEntries, maxBytes: maxBatchBytes }
    const { end } = this
    for (let k = 0; k < batchesPerTurn; k++) {
      const [runs = []] = inBatches(log.runsBetween(cursor.sent + 1, end), batchLimits)
      const from = cursor.sent + 1
      cursor.sent += countOf(runs)
      // Never beyond what this child has got: the raw index with a part of the log would commit a stale tail.
      const commit = Math.min(committed.index, cursor.sent)
      const cut = cursor.hasStaleTail && runs.length === 0
      cursor.hasStaleTail = false
      if (runs.length === 0 && commit <= cursor.sentCommit && !cut) return
      cursor.sentCommit = commit
      if (runs.length > 0 && role.isRoot) inSync.awaitAck(cursor.link)
      links.send(cursor.link, {
        type: 'LOG',
        from,
        runs,
        commit,
        ack: role.isRoot,
        everywhere: stable.index,
        ...(runs.length > 0 && from <= demand.upTo ? { prompt: true } : {}),
        ...(cut ? { cut } : {}),
      })
      if (cursor.sent >= end) return
    }
    this.#hasMore = true
  }
}
