/**
 * Whether the program reads the broadcasts: not yet, yes, or never. Broadcasts that come before the first reader wait
 * for it, but not for ever: the program may only publish.
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

  /** When no room is left, the wait for a first reader ends. */
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

  /** The program reads now. Returns once what was dropped before, since the reader hears of it in no other way. */
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

  /** No reader has had this one, and none will. */
  letGo({ index }: Positioned): void {
    if (this.#is !== 'given up') return
    const { from = index, missed = 0 } = this.#missed ?? {}
    this.#missed = { from: Math.min(from, index), to: index, missed: missed + 1 }
  }
}
