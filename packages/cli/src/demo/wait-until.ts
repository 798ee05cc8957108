/** Asks a question again and again until the answer is yes. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds until `question` said yes; undefined if it had not by `limitMs`. */
export async function waitUntil(
  question: () => boolean | Promise<boolean>,
  options: { everyMs: number; limitMs: number },
): Promise<number | undefined> {
  const startedMs = performance.now()
  for (;;) {
    if (await question()) return performance.now() - startedMs
    if (performance.now() - startedMs > options.limitMs) return undefined
    await sleep(options.everyMs)
  }
}
