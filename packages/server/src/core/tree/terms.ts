/** The highest epoch number that was seen anywhere. A term that this server opens is above it. */
export class Terms {
  #highest = 0

  get highest(): number {
    return this.#highest
  }

  saw(number: number): void {
    if (number > this.#highest) this.#highest = number
  }

  /** The number of a new term of our own. */
  next(): number {
    return ++this.#highest
  }
}
