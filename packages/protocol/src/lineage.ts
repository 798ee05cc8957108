/**
 * A lineage describes a whole log in a few words: which root wrote it, up to where.
 *
 * Two logs that have the same epoch at an index are identical up to that index, because one root appends per
 * epoch and it starts from its own log. So the lineages alone tell how far two logs agree, without comparing
 * a single entry.
 */
import type { Epoch, LogIndex } from './ids.js'

/** `[epoch, last index written in it]`, oldest first, indexes strictly rising. */
export type Lineage = readonly (readonly [Epoch, LogIndex])[]

/** Length of the common prefix of the two logs that these lineages describe. */
export function commonPrefix(a: Lineage, b: Lineage): LogIndex {
  let common = 0
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [epochA, endA] = a[i]!
    const [epochB, endB] = b[i]!
    if (epochA !== epochB) break
    common = Math.min(endA, endB)
    if (endA !== endB) break
  }
  return common
}

export function lineageEnd(lineage: Lineage): LogIndex {
  return lineage.at(-1)?.[1] ?? 0
}

/** The lineage of the same log cut to its first `end` entries. */
export function cutLineage(lineage: Lineage, end: LogIndex): Lineage {
  const kept: (readonly [Epoch, LogIndex])[] = []
  let before = 0
  for (const [epoch, last] of lineage) {
    if (before >= end) break
    kept.push([epoch, Math.min(last, end)])
    before = last
  }
  return kept
}

/** The lineage after one more entry of `epoch` at `index`, which must be the next index or lie further on. */
export function extendLineage(lineage: Lineage, epoch: Epoch, index: LogIndex): Lineage {
  const last = lineage.at(-1)
  if (last !== undefined && last[0] === epoch) return [...lineage.slice(0, -1), [epoch, index]]
  return [...lineage, [epoch, index]]
}

/** The epoch of the entry at `index`, undefined outside the log. */
export function epochAt(lineage: Lineage, index: LogIndex): Epoch | undefined {
  if (index < 1) return undefined
  for (const [epoch, last] of lineage) if (index <= last) return epoch
  return undefined
}
