/**
 * Whether anybody reads the broadcasts: nobody yet, somebody, or nobody after all. What comes before the first reader waits
 * for it, but not for ever: a program may only publish.
 */
interface Positioned {
  readonly index: number
}

export interface MissedByReaders {
  readonly from: number
  readonly to: number
  readonly missed: number
}

export class Unread {
  #is: 'awaited' | 'come' | 'given up' = 'awaited'
  #isWaitOver = false
  #timer: NodeJS.Timeout | undefined
  #missed: MissedByReaders | undefined

  /** The first reader has not come, and may. */
  get isAwaited(): boolean {
    return this.#is === 'awaited'
  }

  /** With no room left, nobody is waited for any longer. */
  get isWaitOver(): boolean {
    return this.#isWaitOver
  }

  begin(limitMs: number, onOver: () => void): void {
    if (this.#is !== 'awaited' || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#isWaitOver = true
      onOver()
    }, limitMs)
    this.#timer.unref()
  }

  /** Somebody reads. Returns what was let go before, once: nobody else would tell. */
  readerCame(): MissedByReaders | undefined {
    clearTimeout(this.#timer)
    this.#is = 'come'
    const missed = this.#missed
    this.#missed = undefined
    return missed
  }

  giveUp(): void {
    this.#is = 'given up'
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  /** Nobody has read this one, and nobody will. */
  letGo({ index }: Positioned): void {
    if (this.#is !== 'given up') return
    const { from = index, missed = 0 } = this.#missed ?? {}
    this.#missed = { from: Math.min(from, index), to: index, missed: missed + 1 }
  }
}
