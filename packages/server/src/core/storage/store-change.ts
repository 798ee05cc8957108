/**
 * What a server keeps beyond its process (`--data`): the log, the queue, and what they are based on.
 *
 * The core says what each turn changed; the shell writes it, all or nothing and in the order of the numbers, and
 * answers with `stored`. What claims that something is kept (HELD, ACK, a lone root's commit) waits for that answer.
 */
import type {
  EntryRun,
  LogIndex,
  LogRun,
  NumberRange,
  PublisherId,
  PresenceTable,
  PublisherMark,
  RegisterBody,
} from '@jwp/protocol'
import type { LogBase } from '../log/log.js'
import type { PresenceChanges } from '../projections/presence-steps.js'

/** What is left of the entries up to `index` after they were dropped from the log. */
export interface StoredBase extends LogBase {
  /** The users registered at `index`. */
  readonly users: readonly RegisterBody[]
  /** The users connected at `index`, and what each had received. */
  readonly presence: PresenceTable
}

/** The base moves up: what that changes of the tables that lie under the log. */
export interface BaseAdvance extends Omit<LogBase, 'marks' | 'others'> {
  /** Publishers whose number changed; 0: forgotten. */
  readonly marks: readonly PublisherMark[]
  /** Registered by the entries that were dropped. */
  readonly users: readonly RegisterBody[]
  /** Rows of the table that are other ones now. */
  readonly presence: PresenceChanges
  /** Where the dropped entries were no activities: come on top of those of the base before. */
  readonly others: readonly LogIndex[]
}

/**
 * One turn's change. To be applied in the order of the fields: `restart`, `cutTo`, `append`, `drop`, and the rest.
 * Fields that are not there have not changed.
 */
export interface StoreChange {
  /** 1, 2, 3… since this process began. */
  readonly number: number
  /** The log starts over from this: what was stored of log, marks and users is void (the queue is not). */
  readonly restart?: StoredBase
  /** Log entries after this index are gone. */
  readonly cutTo?: LogIndex
  /** New log entries, the first of them at index `from`. */
  readonly append?: { readonly from: LogIndex; readonly runs: readonly LogRun[] }
  /** Log entries up to `drop.index` need not be kept any more. */
  readonly drop?: BaseAdvance
  readonly commit?: LogIndex
  readonly highestEpochNumber?: number
  readonly queued?: readonly EntryRun[]
  readonly unqueued?: readonly NumberRange[]
  /** How far sessions have confirmed (DELIVERED). Index 0: forget the session. */
  readonly cursors?: readonly (readonly [PublisherId, LogIndex])[]
}

/** What a server that starts again finds: all changes up to some number, added up. */
export interface StoredState {
  readonly base: StoredBase
  /** The entries after `base.index`. */
  readonly runs: readonly LogRun[]
  readonly commit: LogIndex
  readonly highestEpochNumber: number
  /** In rising order of n per publisher. */
  readonly queue: readonly EntryRun[]
  readonly cursors: readonly (readonly [PublisherId, LogIndex])[]
}
