/** Says that a pool is full when it begins to be, and then once a minute at most. Pure: the time is told. */
const sayEveryMs = 60_000

export class FullPools {
  readonly #pools = new Map<string, { saidMs: number; since: number }>()

  /** Somebody found the pool full. Returns the words for the log, if it is time for them. */
  turnedAway(pool: string, nowMs: number): string | undefined {
    const known = this.#pools.get(pool)
    if (known !== undefined && nowMs - known.saidMs < sayEveryMs) {
      known.since++
      return undefined
    }
    this.#pools.set(pool, { saidMs: nowMs, since: 0 })
    const more =
      known === undefined || known.since === 0 ? '' : ` (${known.since} more since this was last said)`
    return `${pool}: somebody was turned away${more}`
  }
}
