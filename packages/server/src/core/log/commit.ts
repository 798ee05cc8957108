/**
 * How far the log is safe to deliver. The root commits what all of its children in sync have acknowledged; every other
 * server learns the commit index with the log.
 */
import type { LinkId, LogIndex } from '@jwp/protocol'
import type { AloneCheck } from '../tree/alone-check.js'
import type { Children } from '../tree/children.js'
import type { RoleKeeper } from '../tree/role.js'
import type { InSyncChildren } from './in-sync-children.js'
import type { LogFollower } from './log-follower.js'
import type { Log } from './log.js'

export interface CommitNeeds {
  readonly log: Pick<Log, 'last'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly children: Pick<Children, 'count'>
  readonly inSync: Pick<
    InSyncChildren,
    'acknowledged' | 'acknowledgedByAll' | 'dropLaggards' | 'nextDeadlineMs'
  >
  readonly alone: Pick<AloneCheck, 'mayCommitAlone' | 'certainAtMs'>
  /** Our own disk has the log up to here. */
  readonly storedIndex: () => LogIndex
}

export class Commit implements LogFollower {
  readonly #needs: CommitNeeds
  #index: LogIndex = 0
  #applied: LogIndex = 0

  constructor(needs: CommitNeeds) {
    this.#needs = needs
  }

  get index(): LogIndex {
    return this.#index
  }

  /** The projections, and clients, have everything up to here. */
  get applied(): LogIndex {
    return this.#applied
  }

  /** Entries that may be delivered now become applied, at most so many; the caller does with each what is due. */
  advanceApplied(most: number): LogIndex {
    return (this.#applied = Math.min(this.#index, this.#applied + most))
  }

  /** A parent's commit index: everything up to it is the same here and there. */
  learned(index: LogIndex): void {
    this.#index = Math.max(this.#index, Math.min(index, this.#needs.log.last))
  }

  cutTo(end: LogIndex): void {
    this.#index = Math.min(this.#index, end)
    this.#applied = Math.min(this.#applied, end)
  }

  /** Another server's baseline was taken over. */
  restartAt(index: LogIndex): void {
    this.#index = index
    this.#applied = index
  }

  /** Root: a child's log equals ours up to `index`. */
  acknowledged(link: LinkId, index: LogIndex): void {
    const { role, log, inSync } = this.#needs
    if (role.isRoot && index <= log.last) inSync.acknowledged(link, index, this.#index)
  }

  /** End of a turn: the commit index moves as far as the children in sync allow. */
  advance(): void {
    const { role, children, log, inSync, alone, storedIndex } = this.#needs
    if (!role.isRoot) return
    // What we ourselves have not on disk yet may be gone when all of us end at once.
    const ours = Math.min(log.last, storedIndex())
    if (children.count === 0) {
      if (alone.mayCommitAlone()) this.#index = Math.max(this.#index, ours)
      return
    }
    inSync.dropLaggards()
    const slowest = inSync.acknowledgedByAll()
    if (slowest !== undefined) this.#index = Math.max(this.#index, Math.min(slowest, ours))
  }

  nextDeadlineMs(): number | undefined {
    const { role, children, log, inSync, alone } = this.#needs
    if (!role.isRoot) return undefined
    if (children.count > 0) return inSync.nextDeadlineMs()
    return this.#index < log.last && !alone.mayCommitAlone() ? alone.certainAtMs() : undefined
  }
}
