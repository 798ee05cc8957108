/**
 * How much we take in. With no room for more broadcasts the socket is not read: the server waits for us, and nobody
 * else does. But our own acknowledgements come behind those broadcasts, and whoever waits for one may be the very
 * reader: so while any is due, we read on and throw away what has no room, to fetch it again later.
 */
export class Appetite {
  /** Whoever reads us is behind. */
  isFull = false
  #isHeld = false
  #hasSkipped = false

  /** We threw broadcasts away: what follows on this connection does not count as seen. */
  get hasSkipped(): boolean {
    return this.#hasSkipped
  }

  skip(): void {
    this.#hasSkipped = true
  }

  /** A connection begins: it is read. */
  begin(): void {
    this.#isHeld = false
    this.#hasSkipped = false
  }

  /** What to do about the socket; undefined: leave it as it is. */
  adjust(isAwaitingAcknowledgement: boolean): 'hold' | 'release' | undefined {
    const shouldHold = this.isFull && !isAwaitingAcknowledgement
    if (shouldHold === this.#isHeld) return undefined
    this.#isHeld = shouldHold
    return shouldHold ? 'hold' : 'release'
  }
}
