/**
 * Bytes to lines. A line ends with `\n`, `\r\n` or a lone `\r`; blank lines are nothing; what stands before the end
 * of the connection is a line, too. A line over the limit is refused before it is buffered whole.
 */
export class LineTooLong extends Error {
  constructor(limitBytes: number) {
    super(`a line is longer than ${limitBytes} bytes`)
  }
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

export class LineSplitter {
  readonly #maxLineBytes: number
  /** Pieces of the line that has not ended yet. */
  #pieces: Buffer[] = []
  #pieceBytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /**
   * The lines that this chunk completes, without their ends.
   * @throws LineTooLong, after which the connection cannot go on.
   */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    // `\r` is rare: one search tells whether this chunk needs the careful way at all.
    let nextReturn = chunk.indexOf(carriageReturn)
    let nextFeed = chunk.indexOf(lineFeed)
    while (nextFeed !== -1 || nextReturn !== -1) {
      const end = nextReturn === -1 || (nextFeed !== -1 && nextFeed < nextReturn) ? nextFeed : nextReturn
      this.#complete(chunk.subarray(start, end), lines)
      start = end + 1
      // `\r\n` ends one line and then a blank one, which is nothing.
      if (end === nextReturn) nextReturn = chunk.indexOf(carriageReturn, start)
      else nextFeed = chunk.indexOf(lineFeed, start)
    }
    if (start < chunk.length) this.#keep(start === 0 ? chunk : chunk.subarray(start))
    return lines
  }

  /** The connection has ended: what is left is a line. */
  end(): Buffer[] {
    const lines: Buffer[] = []
    this.#complete(Buffer.alloc(0), lines)
    return lines
  }

  #complete(rest: Buffer, lines: Buffer[]): void {
    if (this.#pieces.length > 0) {
      this.#keep(rest)
      rest = Buffer.concat(this.#pieces)
      this.#pieces = []
      this.#pieceBytes = 0
    }
    if (rest.length > this.#maxLineBytes) throw new LineTooLong(this.#maxLineBytes)
    if (rest.length > 0) lines.push(rest)
  }

  #keep(piece: Buffer): void {
    this.#pieceBytes += piece.length
    if (this.#pieceBytes > this.#maxLineBytes) throw new LineTooLong(this.#maxLineBytes)
    this.#pieces.push(piece)
    // One byte at a time must not cost a buffer object per byte.
    if (this.#pieces.length >= 256) this.#pieces = [Buffer.concat(this.#pieces)]
  }
}
