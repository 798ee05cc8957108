/** Says that a pool is full when it begins to be, and then once a minute at most. Pure: the time is passed in. */
const sayEveryMs = 60_000
/** Some pools are those of an address, and addresses are many. Beyond, the one that was said longest ago is forgotten. */
const mostPools = 1_024

export class FullPools {
  readonly #pools = new Map<string, { saidMs: number; since: number }>()

  get size(): number {
    return this.#pools.size
  }

  /** A connection found the pool full. Returns the words for the log, if it is time for them. */
  turnedAway(pool: string, nowMs: number): string | undefined {
    const known = this.#pools.get(pool)
    if (known !== undefined && nowMs - known.saidMs < sayEveryMs) {
      known.since++
      return undefined
    }
    this.#pools.delete(pool)
    this.#pools.set(pool, { saidMs: nowMs, since: 0 })
    const [oldest] = this.#pools.keys()
    if (this.#pools.size > mostPools) this.#pools.delete(oldest!)
    const more =
      known === undefined || known.since === 0 ? '' : ` (${known.since} more since this was last said)`
    return `${pool}: a connection was refused${more}`
  }
}
