/**
 * How long to wait for what. Every limit that waits for an answer scales with the measured one-way latency of the
 * slowest link; its floor keeps the scheduling noise of one machine from looking like a failure.
 *
 * Limits are whole milliseconds: with fractions `now - since >= limit` can still be false at `since + limit`, and a core
 * that asks to be woken then would ask again and again.
 */
import type { Parts } from '../parts.js'

export class Timers {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get #latencyMs(): number {
    return this.#parts.links.slowestLatencyMs()
  }

  /** One answer to an attach or a poll: must exceed four one-way delays plus the walk to the root and back. */
  attachTimeoutMs(): number {
    const depth = this.#parts.deadpool.path.length
    return Math.max(
      this.#parts.options.timing.attachTimeoutMs,
      Math.ceil((4 + 2 * depth) * 4 * this.#latencyMs),
    )
  }

  pollMinMs(): number {
    return Math.max(this.#parts.options.timing.pollMinMs, Math.ceil(10 * this.#latencyMs))
  }

  /** Jittered, so that orphans of one crash do not keep meeting. */
  retryMs(): number {
    return Math.ceil(
      Math.max(this.#parts.options.timing.retryMs, 6 * this.#latencyMs) *
        this.#parts.random.between(0.5, 1.5),
    )
  }

  graceMs(): number {
    const base = this.#parts.options.timing.graceMs
    return Math.max(base, Math.min(5 * base, Math.ceil(150 * this.#latencyMs)))
  }

  /** After the first "I would take you": how long nearer ancestors may still answer. */
  nearerAncestorMs(): number {
    return Math.max(this.#parts.options.timing.nearerAncestorMs, Math.ceil(3 * this.#latencyMs))
  }

  probeEveryMs(): number {
    return Math.ceil(this.#parts.options.timing.probeEveryMs * this.#parts.random.between(0.5, 1.5))
  }

  clockTimeoutMs(): number {
    return Math.max(this.#parts.options.timing.clockTimeoutMs, Math.ceil(20 * this.#latencyMs))
  }

  /** Reports are batched longer in a bigger tree: a hundred servers need not hear of each other ten times a second. */
  reportEveryMs(): number {
    const size = Math.max(this.#parts.children.treeSize(), this.#parts.deadpool.members.length)
    const base = this.#parts.options.timing.reportEveryMs
    return Math.ceil(Math.min(10 * base, base * Math.max(1, size / 50)))
  }
}
