/** Splits runs so that nothing that carries them grows beyond its limits. */
import type { EntryRun } from './entry-run.js'

export interface BatchLimits {
  readonly maxEntries: number
  /** Of bodies. A single entry may be longer. */
  readonly maxBytes: number
}

export function* inBatches<Run extends EntryRun>(
  runs: Iterable<Run>,
  { maxEntries, maxBytes }: BatchLimits,
): Generator<readonly Run[]> {
  let batch: Run[] = []
  let entries = 0
  let bytes = 0
  for (const run of runs)
    for (let from = 0; from < run.count;) {
      const to = Math.min(run.endWithin(from, maxBytes - bytes), from + maxEntries - entries)
      const part = run.slice(from, to) as Run
      batch.push(part)
      entries += part.count
      bytes += part.byteLength
      from = to
      if (entries < maxEntries && bytes < maxBytes) continue
      yield batch
      batch = []
      entries = 0
      bytes = 0
    }
  if (batch.length > 0) yield batch
}
