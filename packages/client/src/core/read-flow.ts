/**
 * Flow control of what is read. Without room for more broadcasts the socket is not read: only this client's server
 * waits. But acknowledgements of this client's own messages come behind those broadcasts, and the program that awaits
 * one may be the reader itself. So while an acknowledgement is due, the client reads on, throws away what has no room,
 * and fetches it again later.
 */
export class ReadFlow {
  /** The program that reads is behind: there is no room. */
  isFull = false
  #isPaused = false
  #hasSkipped = false

  /** Broadcasts were thrown away: what follows on this connection does not count as seen. */
  get hasSkipped(): boolean {
    return this.#hasSkipped
  }

  skip(): void {
    this.#hasSkipped = true
  }

  /** A connection begins: it is read. */
  begin(): void {
    this.#isPaused = false
    this.#hasSkipped = false
  }

  /** What to do about the socket; undefined: leave it as it is. */
  adjust(isAwaitingAcknowledgement: boolean): 'pause' | 'resume' | undefined {
    const shouldPause = this.isFull && !isAwaitingAcknowledgement
    if (shouldPause === this.#isPaused) return undefined
    this.#isPaused = shouldPause
    return shouldPause ? 'pause' : 'resume'
  }
}
