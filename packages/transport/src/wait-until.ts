/**
 * Waiting for what must come: only the wait has a limit, and it grows with the load of the machine. Nothing
 * is measured before the limit is reached.
 */
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** More than this is no slow machine, but a stuck one. */
const mostSlowness = 12
/** What an idle machine of today computes in less than a millisecond. */
const rounds = 400_000
const usualMs = 2

/** How many times longer than usual a process takes for its work here and now; 1 on an idle machine. */
export function slowness(): number {
  // Processes that wait for each core: a process under test gets no more than its share.
  const perCore = (loadavg()[0] ?? 0) / availableParallelism()
  return Math.min(mostSlowness, Math.max(1, perCore, computingMs() / usualMs))
}

/** The best of a few: the first ones are not compiled yet. */
function computingMs(): number {
  let bestMs = Infinity
  for (let attempt = 0; attempt < 4; attempt++) {
    const startedMs = performance.now()
    let sum = 0
    for (let round = 0; round < rounds; round++) sum = (sum * 31 + round) | 0
    // A result that is not used need not be computed.
    bestMs = Math.min(bestMs, performance.now() - startedMs + (sum === 0.5 ? 1 : 0))
  }
  return bestMs
}

/**
 * Asks again and again. Resolves with the milliseconds until the answer was yes; undefined: it was not yes within `limitMs` of
 * an idle machine.
 */
export async function waitUntil(
  question: () => boolean | Promise<boolean>,
  options: { readonly everyMs: number; readonly limitMs: number },
): Promise<number | undefined> {
  const startedMs = performance.now()
  let limitMs = options.limitMs
  for (;;) {
    if (await question()) return performance.now() - startedMs
    const passedMs = performance.now() - startedMs
    if (passedMs > limitMs) {
      limitMs = Math.max(limitMs, options.limitMs * slowness())
      if (passedMs > limitMs) return undefined
    }
    await sleep(options.everyMs)
  }
}
