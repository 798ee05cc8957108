/**
 * Whether the server of this client still serves it: it must say something now and then, and what the client sends must
 * be logged. After a pause of this process, or while the socket is not read, silence proves nothing.
 */
import type { ClientLimits } from './options.js'

/** The own timers are that late only if this process was paused. */
const lateMs = 500
/** A client that does not read cannot answer a question: it sends a PING by itself, this often, in milliseconds. */
const sayEveryMs = 5_000

export type Verdict = { readonly is: 'ping' } | { readonly is: 'leave'; readonly why: string }

export class Liveness {
  readonly #limits: ClientLimits
  #heardMs = 0
  #pingedMs: number | undefined
  /** Since when nothing of what is in flight has arrived. */
  #waitingMs: number | undefined
  #isPaused = false
  /** While paused: when the last PING was sent. */
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

  /** The socket is not read: what the server says does not arrive. */
  pause(nowMs: number): void {
    this.#isPaused = true
    this.#saidMs = nowMs
  }

  resume(nowMs: number): void {
    this.#isPaused = false
    this.#forgive(nowMs)
  }

  /** Before each input. `promisedMs`: the deadline that was asked for. If it passed long ago, the process was paused. */
  wake(promisedMs: number | undefined, nowMs: number): void {
    if (promisedMs !== undefined && nowMs - promisedMs > lateMs) this.#forgive(nowMs)
  }

  nextDeadlineMs(): number {
    const sayDueMs = this.#isPaused ? this.#saidMs + sayEveryMs : Infinity
    return Math.min(this.#silenceDeadlineMs(), this.#ackDeadlineMs(), sayDueMs)
  }

  /** What is due now. */
  verdict(nowMs: number): Verdict | undefined {
    const { ackWaitMs, silenceLimitMs } = this.#limits
    if (nowMs >= this.#ackDeadlineMs())
      return { is: 'leave', why: `the server has logged no message of this client for ${ackWaitMs} ms` }
    if (this.#isPaused && nowMs >= this.#saidMs + sayEveryMs) {
      this.#saidMs = nowMs
      return { is: 'ping' }
    }
    if (nowMs < this.#silenceDeadlineMs()) return undefined
    if (this.#pingedMs !== undefined) return { is: 'leave', why: `silent for ${silenceLimitMs} ms` }
    this.#pingedMs = nowMs
    return { is: 'ping' }
  }

  #silenceDeadlineMs(): number {
    if (this.#isPaused) return Infinity
    const { pingEveryMs, silenceLimitMs } = this.#limits
    if (this.#pingedMs === undefined) return this.#heardMs + pingEveryMs
    // Silence counts from the question on: no server has to speak unasked.
    return this.#pingedMs + Math.max(pingEveryMs, silenceLimitMs - pingEveryMs)
  }

  #ackDeadlineMs(): number {
    if (this.#isPaused || this.#waitingMs === undefined) return Infinity
    return this.#waitingMs + this.#limits.ackWaitMs
  }

  #forgive(nowMs: number): void {
    this.heard(nowMs)
    if (this.#waitingMs !== undefined) this.#waitingMs = nowMs
  }
}
