/**
 * One-way latency of a link from a few measurements. Their median, not their average: the answer of a peer that was
 * stopped for a second says nothing about the way to it, and every limit that scales with latency would be wrong for as
 * long as an average remembers it (a clock would be waited for during seconds, an orphan's grace would be ten).
 */

/** Two answers out of five may have been held up. More: slower to notice that the way has become longer. */
const keptSamples = 5
/** Longer ways than this, one way, do not lengthen any limit further. */
export const latencyCapMs = 500

export class LatencySamples {
  readonly #samples: number[] = []

  /** `roundTripMs`: from our question to the answer, less the time that the peer kept it. */
  add(roundTripMs: number): void {
    this.#samples.push(Math.min(latencyCapMs, Math.max(0, roundTripMs / 2)))
    if (this.#samples.length > keptSamples) this.#samples.shift()
  }

  /** Of an even number the lower middle. Undefined before the first measurement. */
  medianMs(): number | undefined {
    const sorted = [...this.#samples].sort((a, b) => a - b)
    return sorted[(sorted.length - 1) >> 1]
  }
}
