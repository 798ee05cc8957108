/** What a user who logs in is owed of the log. */
import { openEnd, type LogIndex, type PresenceRow } from '@jwp/protocol'
import type { OfflinePolicy } from './offline-policy.js'

/** Entries after `after` are delivered, but for the holes: those from after `from` to `to`. */
export interface Backlog {
  readonly after: LogIndex
  readonly skippedRanges: readonly (readonly [from: LogIndex, to: LogIndex])[]
}

/** What lies between two places and in no hole, as counted by `between`. */
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

/** The first place that this user, who is away, is still owed something from; Infinity: he is owed nothing. */
export function backlogStart({ windows, cursor }: PresenceRow, policy: OfflinePolicy): LogIndex {
  if (policy === 'none') return Infinity
  if (policy === 'all') return cursor
  const window = windows.find(([, upTo]) => upTo === openEnd || upTo > cursor)
  return window === undefined ? Infinity : Math.max(window[0], cursor)
}
