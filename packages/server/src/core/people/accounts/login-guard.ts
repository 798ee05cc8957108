/**
 * Whoever guesses secrets is slowed down, and whoever asks for many hashes at once leaves some to others: both by the
 * address that it comes from. Addresses that have done nothing lately are forgotten.
 */
import type { Parts } from '../../parts.js'
import type { ClientState } from '../client-state.js'

/** Addresses that are remembered. Beyond, the one that failed longest ago is forgotten. */
const maxAddresses = 10_000
const minuteMs = 60_000

/** A bucket that fills with failures and leaks. */
interface Failures {
  count: number
  atMs: number
}

export class LoginGuard {
  readonly #parts: Parts
  /** The last to fail is last. */
  readonly #failures = new Map<string, Failures>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Undefined: its secret may be looked at. */
  whyNot({ addressGroup }: ClientState): string | undefined {
    if (addressGroup === undefined) return undefined
    const { options, clients } = this.#parts
    const { failedLoginsPerMinute, decidingPerAddress } = options.limits
    const failures = this.#failures.get(addressGroup)
    const excess = failures === undefined ? -Infinity : this.#leaked(failures) - failedLoginsPerMinute
    if (excess > -1) {
      const waitMs = Math.ceil((excess + 1) * this.#leakEveryMs)
      return `too many failed logins from your address, try again in ${Math.max(1, Math.ceil(waitMs / 1_000))} s`
    }
    if (failures !== undefined && excess <= -failedLoginsPerMinute) this.#failures.delete(addressGroup)
    if (clients.decidingFrom(addressGroup) >= decidingPerAddress)
      return 'too many logins from your address at once, try again'
    return undefined
  }

  /** A name that is not there, or a secret that is not its own. */
  failed({ addressGroup }: ClientState): void {
    if (addressGroup === undefined) return
    const { nowMs } = this.#parts.time
    const before = this.#failures.get(addressGroup)
    this.#failures.delete(addressGroup)
    this.#failures.set(addressGroup, {
      count: (before === undefined ? 0 : this.#leaked(before)) + 1,
      atMs: nowMs,
    })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxAddresses) this.#failures.delete(oldest!)
  }

  get #leakEveryMs(): number {
    return minuteMs / this.#parts.options.limits.failedLoginsPerMinute
  }

  #leaked({ count, atMs }: Failures): number {
    return Math.max(0, count - (this.#parts.time.nowMs - atMs) / this.#leakEveryMs)
  }
}
