import { waitUntil } from '@jwp/transport'

/** Waits for a condition. The limit only ends tests that would fail anyway. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  if ((await waitUntil(isTrue, { everyMs: 2, limitMs: 20_000 })) === undefined)
    throw new Error(`waited in vain: ${what}`)
}
