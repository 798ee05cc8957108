/**
 * How a program handles what it receives: in order, each broadcast a while after it came. What waits when it is killed
 * is not handled.
 */
import type { WorldParts } from '../world-parts.js'
import type { Delivery } from './delivery.js'

/** At once; as soon as other work allows; and so late that what was received and what is confirmed lie far apart. */
const pacesMs = [0, 20, 300] as const

export class Handling {
  readonly #parts: WorldParts
  readonly #done: (what: Delivery) => void
  readonly #paceMs: number
  #lastMs = 0

  constructor(parts: WorldParts, done: (what: Delivery) => void) {
    this.#parts = parts
    this.#done = done
    this.#paceMs = parts.random.pick(pacesMs)
  }

  begin(what: Delivery): void {
    const { queue, random } = this.#parts
    this.#lastMs = Math.max(this.#lastMs, queue.nowMs + random.between(0, 2) * this.#paceMs)
    queue.at(this.#lastMs, () => this.#done(what))
  }
}
