/**
 * What pauses that struck alone have moved: short ones move no server, long ones move none any more once the paused
 * one wakes.
 */
import type { PauseFigures } from './chaos-report.js'
import { unnoticedMs } from './draw-schedule.js'
import type { EventBook } from './event-book.js'
import type { StruckFault } from './strike.js'

/**
 * Beyond the silence limit (1 s) and one heartbeat (0.25 s) all neighbours have given the paused one up before it wakes.
 * Between the two it is a race, and neither outcome proves anything.
 */
const surelyNoticedMs = 1_400

/** A pause that was drawn too short to be noticed may last longer on a busy machine. */
const stillUnnoticedMs = unnoticedMs + 50

export class PauseMoves {
  readonly #book: EventBook
  #short = 0
  #long = 0
  #movesInShort = 0
  #movesAfterLong = 0

  constructor(book: EventBook) {
    this.#book = book
  }

  /** A round is over. */
  count(struck: readonly StruckFault[]): void {
    const [pause] = struck
    if (struck.length !== 1 || pause?.fault.kind !== 'pause' || pause.sparedSince !== undefined) return
    const { fromMs, toMs, server } = pause
    const nowMs = performance.now()
    if (toMs - fromMs <= stillUnnoticedMs) {
      this.#short += 1
      this.#movesInShort += this.#book.movedBetween(fromMs, nowMs, server!).length
    } else if (toMs - fromMs >= surelyNoticedMs) {
      this.#long += 1
      this.#movesAfterLong += this.#book.orphanedBetween(toMs, nowMs, server!).length
    }
  }

  figures(): PauseFigures {
    return {
      short: this.#short,
      movesInShort: this.#movesInShort,
      long: this.#long,
      movesAfterLong: this.#movesAfterLong,
    }
  }
}
