/** Draws the lines of a world whose servers are far from each other: round trips from a millisecond to a second. */
import { Random } from '@jwp/protocol'
import type { NetworkShape } from '../network/network.js'

/** One way, in milliseconds. */
const shortest = 0.5
const longest = 500

/** Above this, one way in milliseconds, the timers for short simulated lines no longer suffice. */
export const longLineMs = 20

export function drawLongLines(seed: number): NetworkShape {
  const random = new Random(Math.imul(seed, 0x27d4eb2f) ^ 0xfa2)
  // Each decade is as likely as the next; in half of the worlds all lines are about equally long.
  const draw = (): number => shortest * (longest / shortest) ** random.next()
  const [one, other] = [draw(), draw()]
  const spread = random.chance(0.5) ? other : one * random.between(1, 1.2)
  return {
    latencyMs: [Math.min(one, spread), Math.min(longest, Math.max(one, spread))],
    jitter: random.pick([0, 0.05, 0.3]),
    loss: random.pick([0, 0, 0.01, 0.05]),
  }
}
