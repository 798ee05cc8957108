import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition. The limit only ends tests that would fail anyway. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${what}`)
    await sleep(2)
  }
}
