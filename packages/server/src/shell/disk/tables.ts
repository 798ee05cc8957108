/** The tables of a data folder: an LMDB environment with one named database per table. */
import type { BatchLimits, PublisherId } from '@jwp/protocol'
import type { Database, RootDatabase } from 'lmdb'
import { quietLmdb } from './quiet-lmdb.js'

/** What this version writes, and the only one that it reads. */
export const formatVersion = 2

/** Of a block of entries: LMDB wants the pages of one block side by side. */
export const diskBlockLimits: BatchLimits = { maxEntries: 1_024, maxBytes: 1_048_576 }

/** Small facts, each under its name. */
export type FactName =
  'format' | 'server' | 'secret' | 'starts' | 'base' | 'end' | 'commit' | 'epoch' | 'contacts'

export interface Tables {
  readonly root: RootDatabase
  /** Name of a fact → record. */
  readonly facts: Database<Buffer, FactName>
  /** First index → record of a block of log entries. It counts up to the next block's first index, or the log's end. */
  readonly log: Database<Buffer, number>
  /** Number of the block → record of a block of queued entries. */
  readonly queue: Database<Buffer, number>
  /** Number of a block → record of those of its entries that have left the queue: `[publisher, first n, count]`. */
  readonly unqueued: Database<Buffer, number>
  /** Publisher → highest number at the base. */
  readonly marks: Database<number, string>
  /** 1, 2, 3… → the users registered at the base, in the order of registration. */
  readonly users: Database<Buffer, number>
  /** Index of a base → record of the dropped places below it that were no activities, from the base before on. */
  readonly others: Database<Buffer, number>
  /** `u` and the name of a user, or `h` and that of a server → record of its row in the table of presence at the base. */
  readonly presence: Database<Buffer, string>
  /** Publisher → how far its session has confirmed. */
  readonly cursors: Database<number, string>
}

export interface TablesOptions {
  /**
   * True: a change counts as written once the disk has it, so it survives a loss of power. False: once the system has
   * it, so it survives the end of all processes; after a loss of power the folder may be unusable.
   */
  readonly sync: boolean
}

/** @throws Error of the system or of LMDB */
export async function openTables(folder: string, { sync }: TablesOptions): Promise<Tables> {
  // Most servers keep nothing on disk and need not load LMDB.
  const { open } = await import('lmdb')
  quietLmdb()
  // One transaction at a time is under way here, so nothing is gained by letting one overlap with another's flush.
  const durability = sync ? { overlappingSync: false } : { noSync: true }
  // Not in lmdb's types: the files hold verifiers of secrets.
  const privately = { permissionsMode: 0o600 }
  // The batches here are transactions already. A turn's own batch would add a promise that no code can reach, and its
  // failure would end the process.
  const batching = { eventTurnBatching: false }
  const root = open({ path: folder, maxDbs: 10, ...durability, ...batching, ...privately })
  const binary = { encoding: 'binary' } as const
  return {
    root,
    facts: root.openDB<Buffer, FactName>('facts', binary),
    log: root.openDB<Buffer, number>('log', binary),
    queue: root.openDB<Buffer, number>('queue', binary),
    unqueued: root.openDB<Buffer, number>('unqueued', binary),
    marks: root.openDB<number, string>('marks', {}),
    users: root.openDB<Buffer, number>('users', binary),
    others: root.openDB<Buffer, number>('others', binary),
    presence: root.openDB<Buffer, string>('presence', binary),
    cursors: root.openDB<number, string>('cursors', {}),
  }
}

/** Keys of the table of presence. A name is at most 128 characters long, so it fits. */
export const userKey = (username: string): string => `u${username}`
export const homeKey = (home: PublisherId): string => `h${home}`
