/** Finds frames in what a socket reads. Holds no more than the limit of one frame, and copies only what comes in pieces. */
import { longestTagBytes } from './frame.js'

export class FrameSplitter {
  /** Longest frame taken in, in bytes. */
  maxFrameBytes: number
  /** What has come of a frame that is not whole yet. */
  #chunks: Buffer[] = []
  #bytes = 0
  /** That frame's length with its tag; undefined: the tag is not whole either. */
  #needed: number | undefined
  #flaw: string | undefined

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  /** Why nothing more is read here: what came is no frame, or one that is too long. */
  get flaw(): string | undefined {
    return this.#flaw
  }

  /** @returns the contents of the frames that are whole now: views into what came */
  push(chunk: Buffer): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#flaw !== undefined || (this.#needed !== undefined && this.#bytes < this.#needed)) return []
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const frames: Uint8Array[] = []
    let at = 0
    this.#needed = undefined
    while (at < bytes.length) {
      const tagEnd = this.#tagEnd(bytes, at)
      if (tagEnd === undefined) break
      const length = lengthIn(bytes, at, tagEnd)
      if (length > this.maxFrameBytes) this.#flaw = `a frame longer than ${this.maxFrameBytes} bytes`
      if (this.#flaw !== undefined) break
      if (tagEnd + length > bytes.length) {
        this.#needed = tagEnd - at + length
        break
      }
      frames.push(bytes.subarray(tagEnd, tagEnd + length))
      at = tagEnd + length
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : []
    this.#bytes = bytes.length - at
    return frames
  }

  /** Where the tag ends that begins here; undefined: it is not whole. */
  #tagEnd(bytes: Buffer, from: number): number | undefined {
    const limit = Math.min(bytes.length, from + longestTagBytes)
    for (let at = from; at < limit; at++) if (bytes[at]! > 0x7f) return at + 1
    if (bytes.length - from >= longestTagBytes) this.#flaw = 'not a net-ipc frame'
    return undefined
  }
}

function lengthIn(bytes: Buffer, from: number, tagEnd: number): number {
  let length = 0
  for (let at = from; at < tagEnd; at++) length = length * 128 + (bytes[at]! & 0x7f)
  return length
}
