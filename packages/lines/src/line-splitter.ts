/**
 * Bytes to lines. A line ends with `\n`, `\r\n` or a lone `\r`; blank lines are nothing; what stands before the end
 * of the connection is a line, too. A line over the limit is refused before it is buffered whole.
 */
import { maxPlaceBytes } from '@jwp/protocol'

export interface Splitter {
  /** What this chunk completes, without line ends or lengths. Views into the chunk where possible. */
  push(chunk: Buffer): Buffer[]
  /** The connection has ended: what is left, if that is anything. */
  end(): Buffer[]
  /** Once set, the rest of the connection cannot be understood and is thrown away; words for the protocol. */
  readonly flaw: string | undefined
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** What is known of a line that was passed over: the place of an activity stands at its end. */
const endBytes = maxPlaceBytes
/** In front of such an end, which so is never JSON. */
const cutMark = Buffer.of(0)
/** This is the end of a line that was passed over. */
export const isCut = (line: Buffer): boolean => line[0] === cutMark[0]
/** One byte at a time must not cost a buffer object per byte. */
const maxPieces = 256

export class LineSplitter implements Splitter {
  readonly #maxLineBytes: number
  readonly #passesLongLines: boolean
  #isTooLong = false
  /** Pieces of the line that has not ended yet. */
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #flaw: string | undefined

  /** @param passesLongLines hands out the end of a line that is too long, behind a NUL, and goes on after it */
  constructor(maxLineBytes: number, passesLongLines = false) {
    this.#maxLineBytes = maxLineBytes
    this.#passesLongLines = passesLongLines
  }

  get flaw(): string | undefined {
    return this.#flaw
  }

  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    // `\r` is rare: one search tells whether this chunk needs the careful way at all.
    let nextReturn = chunk.indexOf(carriageReturn)
    let nextFeed = chunk.indexOf(lineFeed)
    while ((nextFeed !== -1 || nextReturn !== -1) && this.#flaw === undefined) {
      const end = nextReturn === -1 || (nextFeed !== -1 && nextFeed < nextReturn) ? nextFeed : nextReturn
      // `\r\n` ends one line and then a blank one, which is nothing.
      if (end > start || this.#pieces.length > 0) this.#complete(chunk.subarray(start, end), lines)
      start = end + 1
      if (end === nextReturn) nextReturn = chunk.indexOf(carriageReturn, start)
      else nextFeed = chunk.indexOf(lineFeed, start)
    }
    if (start < chunk.length && this.#fits(chunk.length - start)) this.#keep(chunk.subarray(start))
    return lines
  }

  end(): Buffer[] {
    const lines: Buffer[] = []
    if (this.#pieces.length > 0) this.#complete(Buffer.alloc(0), lines)
    return lines
  }

  #complete(rest: Buffer, lines: Buffer[]): void {
    if (!this.#fits(rest.length)) return
    if (this.#isTooLong) {
      this.#keep(rest)
      lines.push(Buffer.concat([cutMark, ...this.#pieces]))
      this.#isTooLong = false
      this.#pieces = []
      this.#pieceBytes = 0
      return
    }
    if (this.#pieces.length === 0) {
      lines.push(rest)
      return
    }
    this.#keep(rest)
    lines.push(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#pieceBytes = 0
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#pieceBytes += piece.length
    // A copy: what it is the end of must not be kept.
    if (this.#isTooLong) this.#pieces = [Buffer.from(Buffer.concat(this.#pieces).subarray(-endBytes))]
    if (this.#pieces.length >= maxPieces) this.#pieces = [Buffer.concat(this.#pieces)]
  }

  #fits(moreBytes: number): boolean {
    if (this.#isTooLong) return true
    if (this.#flaw === undefined && this.#pieceBytes + moreBytes > this.#maxLineBytes) {
      if (this.#passesLongLines) {
        this.#isTooLong = true
        return true
      }
      this.#flaw = `a line is longer than ${this.#maxLineBytes} bytes`
      this.#pieces = []
      this.#pieceBytes = 0
    }
    return this.#flaw === undefined
  }
}
