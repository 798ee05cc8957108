/** Longest time without a message that a receiver has seen since a moment. Times in milliseconds of one clock. */
export class SilenceMeter {
  #lastArrivalMs: number | undefined
  #longestMs = 0

  arrived(nowMs: number): void {
    if (this.#lastArrivalMs !== undefined)
      this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastArrivalMs)
    this.#lastArrivalMs = nowMs
  }

  /** From now on silences count. One that is under way counts from its beginning. */
  restart(): void {
    this.#longestMs = 0
  }

  /** A silence that is under way counts too. 0 before the first arrival. */
  longestMs(nowMs: number): number {
    return this.#lastArrivalMs === undefined ? 0 : Math.max(this.#longestMs, nowMs - this.#lastArrivalMs)
  }
}
