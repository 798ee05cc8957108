/**
 * Whether the server that we are at still serves us: it must say something now and then, and what we send must get
 * its place in the log. Whoever slept or did not listen accuses nobody.
 */
import type { ClientLimits } from './options.js'

/** Our own timers come so late only if this process was paused. */
const lateMs = 500
/** Whoever does not read cannot be asked whether it is there: it says so by itself, this often, in milliseconds. */
const sayEveryMs = 5_000

export type Verdict = { readonly is: 'ping' } | { readonly is: 'leave'; readonly why: string }

export class Vigilance {
  readonly #limits: ClientLimits
  #heardMs = 0
  #pingedMs: number | undefined
  /** Since when nothing of what is in flight has arrived. */
  #waitingMs: number | undefined
  #isHeld = false
  /** While held: when we last said that we are there. */
  #saidMs = 0

  constructor(limits: ClientLimits) {
    this.#limits = limits
  }

  /** A connection begins. */
  begin(nowMs: number): void {
    this.heard(nowMs)
    this.#waitingMs = undefined
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs
    this.#pingedMs = undefined
  }

  sent(nowMs: number): void {
    this.#waitingMs ??= nowMs
  }

  /** Some of what was in flight has arrived. `isInFlight`: there is more. */
  progressed(isInFlight: boolean, nowMs: number): void {
    this.#waitingMs = isInFlight ? nowMs : undefined
  }

  /** We do not read the socket: what the server says does not reach us. */
  hold(nowMs: number): void {
    this.#isHeld = true
    this.#saidMs = nowMs
  }

  release(nowMs: number): void {
    this.#isHeld = false
    this.#forgive(nowMs)
  }

  /** Before each input. `promisedMs`: the deadline that we asked for; passed long ago, it says that we slept. */
  wake(promisedMs: number | undefined, nowMs: number): void {
    if (promisedMs !== undefined && nowMs - promisedMs > lateMs) this.#forgive(nowMs)
  }

  nextDeadlineMs(): number {
    const sayDueMs = this.#isHeld ? this.#saidMs + sayEveryMs : Infinity
    return Math.min(this.#silenceDeadlineMs(), this.#ackDeadlineMs(), sayDueMs)
  }

  /** What is due now. */
  verdict(nowMs: number): Verdict | undefined {
    const { ackWaitMs, silenceLimitMs } = this.#limits
    if (nowMs >= this.#ackDeadlineMs())
      return { is: 'leave', why: `it has logged nothing of what we sent for ${ackWaitMs} ms` }
    if (this.#isHeld && nowMs >= this.#saidMs + sayEveryMs) {
      this.#saidMs = nowMs
      return { is: 'ping' }
    }
    if (nowMs < this.#silenceDeadlineMs()) return undefined
    if (this.#pingedMs !== undefined) return { is: 'leave', why: `silent for ${silenceLimitMs} ms` }
    this.#pingedMs = nowMs
    return { is: 'ping' }
  }

  #silenceDeadlineMs(): number {
    if (this.#isHeld) return Infinity
    const { pingEveryMs, silenceLimitMs } = this.#limits
    if (this.#pingedMs === undefined) return this.#heardMs + pingEveryMs
    // Silence counts from the question on: nobody has to speak unasked.
    return this.#pingedMs + Math.max(pingEveryMs, silenceLimitMs - pingEveryMs)
  }

  #ackDeadlineMs(): number {
    if (this.#isHeld || this.#waitingMs === undefined) return Infinity
    return this.#waitingMs + this.#limits.ackWaitMs
  }

  #forgive(nowMs: number): void {
    this.heard(nowMs)
    if (this.#waitingMs !== undefined) this.#waitingMs = nowMs
  }
}
