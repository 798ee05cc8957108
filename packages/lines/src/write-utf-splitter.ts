/**
 * The dialect of Java's `DataOutputStream.writeUTF`: a two-byte big-endian length before every message, then
 * modified UTF-8 (`modified-utf8.ts`). Framed by the length, never by the newline: the length's own bytes may look
 * like one. At most 64 KiB are ever kept.
 */
import type { Splitter } from './line-splitter.js'

const lengthBytes = 2

export class WriteUtfSplitter implements Splitter {
  readonly #maxLineBytes: number
  /** Of the message that is not complete yet, its length included. */
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #flaw: string | undefined

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  get flaw(): string | undefined {
    return this.#flaw
  }

  push(chunk: Buffer): Buffer[] {
    if (this.#flaw !== undefined) return []
    this.#pieces.push(chunk)
    this.#pieceBytes += chunk.length
    // Joined only when that completes something, or when one byte at a time has piled up.
    if (this.#pieces.length < 256 && this.#pieceBytes < this.#needed()) return []
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces)
    const messages: Buffer[] = []
    let at = 0
    while (bytes.length - at >= lengthBytes) {
      const length = bytes.readUInt16BE(at)
      if (length > this.#maxLineBytes) {
        this.#flaw = `a line is longer than ${this.#maxLineBytes} bytes`
        at = bytes.length
        break
      }
      if (bytes.length - at - lengthBytes < length) break
      messages.push(bytes.subarray(at + lengthBytes, at + lengthBytes + length))
      at += lengthBytes + length
    }
    this.#pieces = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#pieceBytes = bytes.length - at
    return messages
  }

  /** A message cut off by the end of the connection is no message. */
  end(): Buffer[] {
    return []
  }

  /** Bytes from the start of the incomplete message to its end, as far as its first piece tells. */
  #needed(): number {
    const first = this.#pieces[0]!
    return first.length < lengthBytes ? lengthBytes : lengthBytes + first.readUInt16BE(0)
  }
}
