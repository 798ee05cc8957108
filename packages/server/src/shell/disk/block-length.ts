/** Where a turn's entries are split into blocks: LMDB wants the pages of one block side by side. */
const maxBlockEntries = 1_024
const maxBlockBytes = 1_048_576

/** How many of these entries, from place `at` on, go into one block: at least one. */
export function blockLength(entries: readonly { readonly body: Uint8Array }[], at: number): number {
  let bytes = 0
  let count = 0
  while (at + count < entries.length && count < maxBlockEntries) {
    bytes += entries[at + count]!.body.length
    if (count > 0 && bytes > maxBlockBytes) break
    count++
  }
  return count
}
