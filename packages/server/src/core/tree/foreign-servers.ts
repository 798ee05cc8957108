/**
 * Servers without a common version of the protocol. That does not change by itself, so a root looks at them less and
 * less often, and the log names each once. An orphan still asks them with all the others: it needs some parent, and
 * one of them may have been replaced.
 */
import type { Address } from '@jwp/protocol'
import { endpointKey } from './endpoint-key.js'

/** The first pause after such a refusal, in milliseconds; each further one doubles it. */
const firstPauseMs = 2_000
/** The longest: so long a server that was replaced by one of our version may go unnoticed. */
const longestPauseMs = 60_000
/** More are forgotten, all together: each costs one question and one line in the log. */
const maxRemembered = 256

export class ForeignServers {
  readonly #known = new Map<string, { info: string; pauseMs: number; untilMs: number }>()

  /** It refused us for its version, or we it. Returns whether that is news. */
  note(address: Address, info: string, nowMs: number): boolean {
    const key = endpointKey(address)
    const before = this.#known.get(key)
    if (before === undefined && this.#known.size >= maxRemembered) this.#known.clear()
    const pauseMs = before === undefined ? firstPauseMs : Math.min(2 * before.pauseMs, longestPauseMs)
    this.#known.set(key, { info, pauseMs, untilMs: nowMs + pauseMs })
    return before?.info !== info
  }

  /** It has answered in a version that we know. */
  forget(address: Address): void {
    this.#known.delete(endpointKey(address))
  }

  isPausing(address: Address, nowMs: number): boolean {
    return nowMs < (this.#known.get(endpointKey(address))?.untilMs ?? -Infinity)
  }
}
