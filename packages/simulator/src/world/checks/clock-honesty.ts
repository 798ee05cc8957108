/** J8: the clock never grants a number twice and never goes back, whatever happens to it. */
import type { Observer } from '../observers.js'
import type { Accuse } from './violation.js'

export class ClockHonesty implements Observer {
  readonly #accuse: Accuse
  #highest = 0

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  clockGranted(start: number, count: number): void {
    if (start <= this.#highest) this.#accuse('clock rises', `granted ${start} after ${this.#highest}`)
    this.#highest = Math.max(this.#highest, start + count - 1)
  }
}
