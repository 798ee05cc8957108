/** Reads one client no faster than the core and the limit on its messages allow. */
import type { LineConnection } from '@jwp/lines'
import { Pace } from '@jwp/transport'

export class PacedReader {
  readonly #connection: LineConnection
  readonly #pace: Pace | undefined
  #isPaused = false
  #rests = false

  /** @param perSecond messages; undefined: as fast as they come */
  constructor(connection: LineConnection, perSecond: number | undefined) {
    this.#connection = connection
    this.#pace = perSecond === undefined ? undefined : new Pace(perSecond, performance.now())
  }

  /** The core wants no more of it. */
  pause(): void {
    this.#isPaused = true
    this.#connection.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#rests) this.#connection.resume()
  }

  /** A message was handed to the core. */
  took(): void {
    const restMs = this.#pace?.took(performance.now()) ?? 0
    if (restMs === 0 || this.#rests) return
    this.#rests = true
    this.#connection.pause()
    setTimeout(() => {
      this.#rests = false
      if (!this.#isPaused) this.#connection.resume()
    }, restMs).unref()
  }
}
