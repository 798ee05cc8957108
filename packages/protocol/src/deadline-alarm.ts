/** One alarm for the next deadline of a machine. Pure: the time, and the means to be woken, are passed in. */

export interface AlarmClock {
  /** In the same time as the deadlines. Never goes back, unless the machine below it does. */
  nowMs(): number
  /**
   * Calls once, not before this function has returned: at that time or later, or earlier if the clock cannot wait so long.
   * A time that has passed: as soon as what is ready now has been handled.
   *
   * @returns what takes the call back
   */
  at(atMs: number, call: () => void): () => void
}

/**
 * What an alarm does when the deadline moves. `lazy`: one that will come too early is left, and asks again when it comes, which
 * is cheaper than a new timer for every turn. For invented time, where alarms cost nothing: `exact`, each deadline has its own
 * alarm, and each alarm is due; `anew`, the same, and it is set anew by each update, behind all else of the same moment.
 */
export type AlarmManner = 'lazy' | 'exact' | 'anew'

export class DeadlineAlarm {
  readonly #clock: AlarmClock
  readonly #manner: AlarmManner
  readonly #next: () => number | undefined
  readonly #due: () => void
  #cancel: (() => void) | undefined
  /** What the alarm was set for. */
  #setForMs = Infinity

  /**
   * @param next the deadline as it is now; undefined or `Infinity`: there is none
   * @param due the deadline has come. The code that handles it calls `update` afterwards
   */
  constructor(clock: AlarmClock, manner: AlarmManner, next: () => number | undefined, due: () => void) {
    this.#clock = clock
    this.#manner = manner
    this.#next = next
    this.#due = due
  }

  /** The deadline may have moved. */
  update(): void {
    const deadlineMs = this.#next() ?? Infinity
    if (deadlineMs === Infinity) return this.stop()
    // Of invented time, overdue ones are due now, so two of them are the same.
    const atMs = this.#manner === 'lazy' ? deadlineMs : Math.max(this.#clock.nowMs(), Math.ceil(deadlineMs))
    if (this.#isLeft(atMs)) return
    this.#cancel?.()
    this.#setForMs = atMs
    this.#cancel = this.#clock.at(atMs, this.#rings)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#setForMs = Infinity
  }

  /** The alarm that is set will do for this deadline. */
  #isLeft(atMs: number): boolean {
    switch (this.#manner) {
      case 'lazy':
        return this.#setForMs <= atMs
      case 'exact':
        return this.#setForMs === atMs
      case 'anew':
        return false
    }
  }

  readonly #rings = (): void => {
    this.#cancel = undefined
    this.#setForMs = Infinity
    if (this.#manner === 'lazy' && this.#clock.nowMs() < (this.#next() ?? Infinity)) this.update()
    else this.#due()
  }
}
