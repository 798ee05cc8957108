/**
 * The clock: hands out timestamps, each once, ever rising, whatever happens to the wall clock or to the process.
 *
 * Before it serves a timestamp, an upper bound (the ceiling) above it is on disk, and a restart begins at that bound.
 * So it never repeats or goes back, and the disk is written once per step, not once per request: the next ceiling is
 * asked for long before the present one is used up.
 */
import {
  isTimestamp,
  maxAheadMs,
  maxGrantCount,
  ticksPerMs,
  timestampAtUnixMs,
  type ClockMessage,
  type Machine,
  type Timestamp,
} from '@jwp/protocol'

/** A connection to an asker, numbered by the shell. */
export type AskerId = number

export type ClockInput =
  | {
      readonly type: 'request'
      readonly asker: AskerId
      readonly request: Extract<ClockMessage, { type: 'TIME' }>
    }
  | { readonly type: 'asker-gone'; readonly asker: AskerId }
  /** What `persist-ceiling` asked for is on disk, and would survive a crash of the machine. */
  | { readonly type: 'ceiling-persisted'; readonly ceiling: Timestamp }
  | { readonly type: 'tick' }

export type ClockEffect =
  | { readonly type: 'answer'; readonly asker: AskerId; readonly message: ClockMessage }
  | { readonly type: 'persist-ceiling'; readonly ceiling: Timestamp }

export interface ClockCoreOptions {
  /** What the disk had at the start; 0 for a new clock. */
  readonly ceiling: Timestamp
  /**
   * How far ahead of need the ceiling is written, in milliseconds of timestamps. Raise: fewer writes, and a bigger
   * jump at a restart. Lower: the reverse.
   */
  readonly ceilingStepMs: number
  /** Requests that may wait for the disk; more are refused. */
  readonly maxWaiting: number
}

export const defaultClockCoreOptions = { ceilingStepMs: 2_000, maxWaiting: 10_000 }

interface Waiting {
  readonly asker: AskerId
  readonly nonce: number
  readonly count: number
  readonly atLeast: Timestamp
}

export class ClockCore implements Machine<ClockInput, ClockEffect> {
  readonly #options: ClockCoreOptions
  /** Invariant: every timestamp that was served is at most #last, and #last < #ceiling, and #ceiling is on disk. */
  #last: Timestamp
  #ceiling: Timestamp
  /** Being written. */
  #nextCeiling: Timestamp | undefined
  #waiting: Waiting[] = []
  #served = 0
  #refused = 0

  constructor(options: ClockCoreOptions) {
    this.#options = options
    this.#ceiling = options.ceiling
    // The run before may have served anything below the bound.
    this.#last = options.ceiling
  }

  /** For `/status`. */
  get state(): { last: Timestamp; ceiling: Timestamp; served: number; refused: number; waiting: number } {
    return {
      last: this.#last,
      ceiling: this.#ceiling,
      served: this.#served,
      refused: this.#refused,
      waiting: this.#waiting.length,
    }
  }

  handle(input: ClockInput, nowMs: number): readonly ClockEffect[] {
    switch (input.type) {
      case 'request':
        return this.#request(input.asker, input.request, nowMs)
      case 'asker-gone':
        this.#waiting = this.#waiting.filter(({ asker }) => asker !== input.asker)
        return []
      case 'ceiling-persisted':
        this.#ceiling = Math.max(this.#ceiling, input.ceiling)
        this.#nextCeiling = undefined
        return this.#serveWaiting(nowMs)
      case 'tick':
        return []
    }
  }

  /** Waiting requests are not served here: the caller tells the askers so. */
  dismissWaiting(): readonly { readonly asker: AskerId; readonly nonce: number }[] {
    return this.#waiting.splice(0)
  }

  /** The clock acts only when asked. */
  nextDeadlineMs(): undefined {
    return undefined
  }

  #request(
    asker: AskerId,
    { nonce, count, atLeast }: Extract<ClockMessage, { type: 'TIME' }>,
    nowMs: number,
  ): ClockEffect[] {
    const why = this.#whyRefused(count, atLeast, nowMs)
    if (why !== undefined) {
      this.#refused++
      return [{ type: 'answer', asker, message: { type: 'TIME_REFUSED', nonce, info: why } }]
    }
    this.#waiting.push({ asker, nonce, count, atLeast })
    return this.#serveWaiting(nowMs)
  }

  #whyRefused(count: number, atLeast: number, nowMs: number): string | undefined {
    if (!Number.isSafeInteger(count) || count < 1) return 'count must be a whole number, 1 or more'
    if (count > maxGrantCount) return `at most ${maxGrantCount} timestamps at once`
    if (!isTimestamp(atLeast)) return 'atLeast must be a timestamp'
    // What was granted lies below the ceiling, whatever time it was by the calendar of that day.
    const isGranted = atLeast <= Math.max(this.#ceiling, this.#last)
    if (!isGranted && atLeast > timestampAtUnixMs(nowMs + maxAheadMs))
      return 'atLeast is more than a day ahead of this clock'
    if (this.#waiting.length >= this.#options.maxWaiting)
      return 'too many requests wait for the disk, nothing was granted'
    return undefined
  }

  #serveWaiting(nowMs: number): ClockEffect[] {
    const effects: ClockEffect[] = []
    let served = 0
    while (served < this.#waiting.length) {
      const { asker, nonce, count, atLeast } = this.#waiting[served]!
      const start = Math.max(this.#last + 1, atLeast + 1, timestampAtUnixMs(nowMs))
      const end = start + count - 1
      if (end >= this.#ceiling) {
        this.#raiseCeiling(end, effects)
        break
      }
      this.#last = end
      this.#served += count
      effects.push({ type: 'answer', asker, message: { type: 'GRANT', nonce, start, count } })
      served++
    }
    this.#waiting.splice(0, served)
    // Half a step left: write the next one while there is still something to serve.
    if (this.#last > this.#ceiling - (this.#options.ceilingStepMs * ticksPerMs) / 2)
      this.#raiseCeiling(this.#last, effects)
    return effects
  }

  #raiseCeiling(above: Timestamp, effects: ClockEffect[]): void {
    if (this.#nextCeiling !== undefined) return
    this.#nextCeiling = above + this.#options.ceilingStepMs * ticksPerMs
    effects.push({ type: 'persist-ceiling', ceiling: this.#nextCeiling })
  }
}
