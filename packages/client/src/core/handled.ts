/**
 * How far the program has handled what it got: only that is confirmed, so that the next login under this name gets
 * the rest if the program is killed. The queue of this library dies with the program, and must not count.
 */
import type { Epoch, LogIndex } from '@jwp/protocol'
import type { SeenLog } from './seen-log.js'

interface LogPosition {
  readonly epoch: Epoch
  readonly index: LogIndex
}

export class Handled {
  readonly #seen: SeenLog
  /** The last broadcast that was handed out and, as far as we know, is not handled. */
  #open: LogPosition | undefined
  /** While something is open: everything up to here is handled. */
  #upTo: LogIndex = 0

  constructor(seen: SeenLog) {
    this.#seen = seen
  }

  /** Everything up to here need not be delivered to us again. */
  get end(): LogIndex {
    // What was seen and not handed out (logins, repetitions) needs no handling.
    return this.#open === undefined ? this.#seen.end : Math.min(this.#upTo, this.#seen.end)
  }

  /** The broadcast at this place is about to be handed out. */
  handedOut(position: LogPosition): void {
    if (this.#open === undefined) this.#upTo = position.index - 1
    this.#open = position
  }

  /** The program is done with this one, and all before it. */
  done({ epoch, index }: LogPosition): void {
    if (this.#open?.epoch === epoch && this.#open.index === index) this.#open = undefined
    // A place that was cut meanwhile says nothing of the log that came instead.
    else if (this.#seen.has(epoch, index)) this.#upTo = Math.max(this.#upTo, index)
  }

  /** What we had seen after this place is no longer in the log. */
  cutTo(end: LogIndex): void {
    this.#upTo = Math.min(this.#upTo, end)
  }
}
