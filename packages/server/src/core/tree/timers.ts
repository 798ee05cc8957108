/**
 * How long to wait for what. Every limit that waits for an answer scales with the measured one-way latency of the
 * slowest link; its floor keeps the scheduling noise of one machine from looking like a failure.
 *
 * Limits are whole milliseconds: with fractions `now - since >= limit` can still be false at `since + limit`, and a core
 * that asks to be woken then would ask again and again.
 */
import type { Random } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkTable } from './link-table.js'

export interface TimersNeeds {
  readonly options: Pick<ServerOptions, 'timing'>
  readonly random: Pick<Random, 'between'>
  readonly links: Pick<LinkTable, 'slowestLatencyMs'>
  readonly deadpool: Pick<Deadpool, 'path' | 'members'>
  readonly children: Pick<Children, 'treeSize'>
}

export class Timers {
  readonly #needs: TimersNeeds

  constructor(needs: TimersNeeds) {
    this.#needs = needs
  }

  get #latencyMs(): number {
    return this.#needs.links.slowestLatencyMs()
  }

  /** One answer to an attach or a poll: must exceed four one-way delays plus the walk to the root and back. */
  attachTimeoutMs(): number {
    const depth = this.#needs.deadpool.path.length
    return Math.max(
      this.#needs.options.timing.attachTimeoutMs,
      Math.ceil((4 + 2 * depth) * 4 * this.#latencyMs),
    )
  }

  pollMinMs(): number {
    return Math.max(this.#needs.options.timing.pollMinMs, Math.ceil(10 * this.#latencyMs))
  }

  /** Jittered, so that orphans of one crash do not keep meeting. */
  retryMs(): number {
    return Math.ceil(
      Math.max(this.#needs.options.timing.retryMs, 6 * this.#latencyMs) *
        this.#needs.random.between(0.5, 1.5),
    )
  }

  graceMs(): number {
    const base = this.#needs.options.timing.graceMs
    return Math.max(base, Math.min(5 * base, Math.ceil(150 * this.#latencyMs)))
  }

  /** After the first "I would take you": how long nearer ancestors may still answer. */
  nearerAncestorMs(): number {
    return Math.max(this.#needs.options.timing.nearerAncestorMs, Math.ceil(3 * this.#latencyMs))
  }

  probeEveryMs(): number {
    return Math.ceil(this.#needs.options.timing.probeEveryMs * this.#needs.random.between(0.5, 1.5))
  }

  clockTimeoutMs(): number {
    return Math.max(this.#needs.options.timing.clockTimeoutMs, Math.ceil(20 * this.#latencyMs))
  }

  /** Reports are batched longer in a bigger tree: a hundred servers need not hear of each other ten times a second. */
  reportEveryMs(): number {
    const size = Math.max(this.#needs.children.treeSize(), this.#needs.deadpool.members.length)
    const base = this.#needs.options.timing.reportEveryMs
    return Math.ceil(Math.min(10 * base, base * Math.max(1, size / 50)))
  }
}
