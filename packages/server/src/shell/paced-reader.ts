/** Reads one client no faster than the core and the limit on its messages allow. */
import type { LineConnection } from '@jwp/lines'
import { Pace } from '@jwp/transport'

export class PacedReader {
  readonly #connection: LineConnection
  readonly #pace: Pace | undefined
  #isHeld = false
  #rests = false

  /** @param perSecond messages; undefined: as fast as they come */
  constructor(connection: LineConnection, perSecond: number | undefined) {
    this.#connection = connection
    this.#pace = perSecond === undefined ? undefined : new Pace(perSecond, performance.now())
  }

  /** The core wants no more of it. */
  hold(): void {
    this.#isHeld = true
    this.#connection.hold()
  }

  release(): void {
    this.#isHeld = false
    if (!this.#rests) this.#connection.release()
  }

  /** A message was handed to the core. */
  took(): void {
    const restMs = this.#pace?.took(performance.now()) ?? 0
    if (restMs === 0 || this.#rests) return
    this.#rests = true
    this.#connection.hold()
    setTimeout(() => {
      this.#rests = false
      if (!this.#isHeld) this.#connection.release()
    }, restMs).unref()
  }
}
