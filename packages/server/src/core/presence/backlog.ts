/** The part of the log that a user who logs in still gets. */
import { openEnd, type LogIndex, type PresenceRow } from '@jwp/protocol'
import type { OfflinePolicy } from './offline-policy.js'

/** Entries after `after` are delivered, except the skipped ranges: from after `from` to `to`. */
export interface Backlog {
  readonly after: LogIndex
  readonly skippedRanges: readonly (readonly [from: LogIndex, to: LogIndex])[]
}

/** Counts what lies between two positions and in no skipped range, as counted by `between`. */
export function countBacklog(
  { after, skippedRanges }: Backlog,
  upTo: LogIndex,
  between: (after: LogIndex, upTo: LogIndex) => number,
): number {
  let count = 0
  let from = after
  for (const [hole, end] of [...skippedRanges, [upTo, upTo] as const]) {
    if (from < upTo) count += between(from, Math.max(from, Math.min(hole, upTo)))
    from = Math.max(from, end)
  }
  return count
}

/** @param from what was delivered before; @param now the place of the login, where the last window ends for now */
export function backlogAfter(
  { windows }: Pick<PresenceRow, 'windows'>,
  from: LogIndex,
  now: LogIndex,
  policy: OfflinePolicy,
): Backlog {
  if (policy === 'none') return { after: now, skippedRanges: [] }
  if (policy === 'all') return { after: Math.min(from, now), skippedRanges: [] }
  const due = windows
    .map(([after, upTo]) => [Math.max(after, from), upTo === openEnd ? Infinity : upTo] as const)
    .filter(([after, upTo]) => upTo > after)
  if (due.length === 0) return { after: now, skippedRanges: [] }
  const skippedRanges = due
    .slice(1)
    .map(([after], k) => [due[k]![1], after] as const)
    .filter(([hole, end]) => end > hole)
  return { after: Math.min(due[0]![0], now), skippedRanges }
}

/** The first position that is in the backlog of this user, who is away; Infinity: the backlog is empty. */
export function backlogStart({ windows, cursor }: PresenceRow, policy: OfflinePolicy): LogIndex {
  if (policy === 'none') return Infinity
  if (policy === 'all') return cursor
  const window = windows.find(([, upTo]) => upTo === openEnd || upTo > cursor)
  return window === undefined ? Infinity : Math.max(window[0], cursor)
}
