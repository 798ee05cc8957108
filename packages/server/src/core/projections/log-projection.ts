/**
 * What is a function of the applied log: the registered users, the connected users, the last number of each
 * publisher. The same everywhere at the same index. All are applied, cut, settled and restarted through one ordered
 * list in `wiring.ts`; a projection that leaves out one of these does not compile.
 */
import type { LogEntry, LogIndex, LogRun } from '@jwp/protocol'
import type { StoredBase } from '../storage/store-change.js'

/** The log begins anew: from a snapshot of the parent, or from our own disk. */
export interface Restart {
  /** The baseline under the new log, with its tables. */
  readonly base: StoredBase
  /** So much of the log that ends now is the new one's, too. */
  readonly common: LogIndex
  /** How far each publisher had come in what the log that ends now no longer kept. */
  readonly droppedBefore: StoredBase['marks']
}

export interface LogProjection {
  /** The next committed entries, a run of activities. @param first the index of the first of them */
  applyActivities(run: LogRun, first: LogIndex): void
  /** The next committed entry; no activity. */
  apply(entry: LogEntry, index: LogIndex): void
  /** A run of entries has been applied: what concerns other pieces may be said now. */
  endApply(): void
  /** The log was cut after `end`; of what was applied these entries are gone, oldest first. */
  cutTo(end: LogIndex, cut: readonly LogRun[]): void
  /** No entry up to here will be cut any more: what would have undone them can be forgotten. */
  settle(index: LogIndex): void
  /** The log still has its old state; the projection takes over the new base as a whole. */
  restart(restart: Restart): void
  /** The log and all other projections stand on the new base. */
  endRestart(index: LogIndex): void
}

export class LogProjections implements LogProjection {
  readonly #ordered: () => readonly LogProjection[]
  #list: readonly LogProjection[] | undefined

  /** @param ordered is asked once, at the first change: the projections may be made later than this list */
  constructor(ordered: () => readonly LogProjection[]) {
    this.#ordered = ordered
  }

  get #all(): readonly LogProjection[] {
    return (this.#list ??= this.#ordered())
  }

  /** The next committed entries of whatever kind. */
  applyRun(run: LogRun, first: LogIndex): void {
    if (run.kind === 'activity') this.applyActivities(run, first)
    else for (let k = 0; k < run.count; k++) this.apply(run.entryAt(k), first + k)
  }

  applyActivities(run: LogRun, first: LogIndex): void {
    for (const projection of this.#all) projection.applyActivities(run, first)
  }

  apply(entry: LogEntry, index: LogIndex): void {
    for (const projection of this.#all) projection.apply(entry, index)
  }

  endApply(): void {
    for (const projection of this.#all) projection.endApply()
  }

  cutTo(end: LogIndex, cut: readonly LogRun[]): void {
    for (const projection of this.#all) projection.cutTo(end, cut)
  }

  settle(index: LogIndex): void {
    for (const projection of this.#all) projection.settle(index)
  }

  restart(restart: Restart): void {
    for (const projection of this.#all) projection.restart(restart)
  }

  endRestart(index: LogIndex): void {
    for (const projection of this.#all) projection.endRestart(index)
  }
}
