/** Tests wait for conditions, never for time: only the patience has a limit, and a generous one. */
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 30_000
const lookEveryMs = 15

/**
 * Resolves with the first value that is not undefined.
 * @throws Error naming what never came; a function names it when the patience is at its end.
 */
export async function eventually<Value>(
  what: string | (() => string),
  look: () => Value | undefined | Promise<Value | undefined>,
  limitMs = patienceMs,
): Promise<Value> {
  const end = performance.now() + limitMs
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (performance.now() > end)
      throw new Error(`in vain for ${limitMs} ms: ${typeof what === 'string' ? what : what()}`)
    await sleep(lookEveryMs)
  }
}
