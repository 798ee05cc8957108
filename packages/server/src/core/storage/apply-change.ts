/**
 * What a disk holds after a change, in plain words: the meaning of `StoreChange`, for simulated disks and as the model
 * that a real store is tested against.
 */
import type { LogEntry, LogIndex, LogRun, PublisherId, RegisterBody } from '@jwp/protocol'
import {
  emptyPresence,
  entriesIn,
  logRuns,
  maxRememberedOthers,
  RunTable,
  type EntryRun,
} from '@jwp/protocol'
import type { StoreChange, StoredBase, StoredState } from './store-change.js'

export const nothingStored: StoredState = {
  base: {
    index: 0,
    lineage: [],
    lastTimestamp: 0,
    marks: [],
    others: [],
    users: [],
    presence: emptyPresence,
  },
  runs: [],
  commit: 0,
  highestEpochNumber: 0,
  queue: [],
  cursors: [],
}

/** Changes come in the order of their numbers, none left out. */
export function applyChange(state: StoredState, change: StoreChange): StoredState {
  const { base, runs } = logAfter(state, change)
  return {
    base,
    runs,
    commit: change.commit ?? state.commit,
    highestEpochNumber: change.highestEpochNumber ?? state.highestEpochNumber,
    queue: queueAfter(state.queue, change),
    cursors: cursorsAfter(state.cursors, change),
  }
}

function logAfter(state: StoredState, change: StoreChange): { base: StoredBase; runs: LogRun[] } {
  let base = change.restart ?? state.base
  let entries = change.restart === undefined ? entriesIn(state.runs) : []
  if (change.cutTo !== undefined) entries = entries.slice(0, Math.max(0, change.cutTo - base.index))
  const { append, drop } = change
  // Entries that were dropped before they could be written leave a gap, which the new base covers.
  const places = new Map<LogIndex, LogEntry>(entries.map((entry, k) => [base.index + 1 + k, entry]))
  entriesIn(append?.runs ?? []).forEach((entry, k) => places.set(append!.from + k, entry))
  if (drop !== undefined) base = baseAfter(base, drop)
  const kept = [...places].filter(([index]) => index > base.index).sort(([a], [b]) => a - b)
  return { base, runs: logRuns(kept.map(([, entry]) => entry)) }
}

function baseAfter(base: StoredBase, drop: NonNullable<StoreChange['drop']>): StoredBase {
  const marks = new Map<PublisherId, number>(base.marks)
  for (const [publisher, n] of drop.marks) {
    if (n === 0) marks.delete(publisher)
    else marks.set(publisher, n)
  }
  // A name belongs to the account that registered it first.
  const users = new Map<string, RegisterBody>(base.users.map((user) => [user.username, user]))
  for (const user of drop.users) if (!users.has(user.username)) users.set(user.username, user)
  return {
    ...drop,
    marks: [...marks],
    others: [...base.others, ...drop.others].slice(-maxRememberedOthers),
    users: [...users.values()],
    presence: {
      users: rowsAfter(base.presence.users, drop.presence.users),
      homes: rowsAfter(base.presence.homes, drop.presence.homes),
    },
  }
}

function rowsAfter<Key, Row>(
  rows: readonly (readonly [Key, Row])[],
  changes: readonly (readonly [Key, Row | undefined])[],
): (readonly [Key, Row])[] {
  const after = new Map<Key, Row>(rows)
  for (const [key, row] of changes) {
    if (row === undefined) after.delete(key)
    else after.set(key, row)
  }
  return [...after]
}

function queueAfter(queue: readonly EntryRun[], { queued = [], unqueued = [] }: StoreChange): EntryRun[] {
  const table = new RunTable()
  for (const run of queue) table.add(run)
  for (const range of unqueued) table.take(...range)
  for (const run of queued) table.add(run)
  return table.all()
}

function cursorsAfter(
  cursors: StoredState['cursors'],
  change: StoreChange,
): (readonly [PublisherId, LogIndex])[] {
  const after = new Map<PublisherId, LogIndex>(cursors)
  for (const [publisher, index] of change.cursors ?? []) {
    if (index === 0) after.delete(publisher)
    else after.set(publisher, index)
  }
  return [...after]
}
