/** How fast one connection is read: so many messages a second, and as many at once. Pure: the time is passed in. */
export class Pace {
  readonly #perSecond: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#atMs = nowMs
  }

  /** A message has come. Read no further for so long, in milliseconds; 0: go on. */
  took(nowMs: number): number {
    const since = Math.max(0, nowMs - this.#atMs)
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (since * this.#perSecond) / 1_000) - 1
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1_000) / this.#perSecond)
  }
}
