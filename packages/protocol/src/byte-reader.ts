/** Reads fields from bytes that a peer or a disk has given: never beyond their end. All numbers have their lowest byte first. */

/** The bytes end before what they announce, or say what cannot be. */
export class MalformedBytes extends Error {}

export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    // Views into a Buffer would be Buffers, which are slower to make.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = at
  }

  u8(): number {
    return this.#view.getUint8(this.#pass(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#pass(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#pass(4), true)
  }

  /** @throws MalformedBytes if it is no whole number, or below 0, or not exact */
  count(): number {
    const value = this.#view.getFloat64(this.#pass(8), true)
    if (!Number.isSafeInteger(value) || value < 0) throw new MalformedBytes('no count')
    return value
  }

  /** Any number but an infinite one. */
  finite(): number {
    const value = this.#view.getFloat64(this.#pass(8), true)
    if (!Number.isFinite(value)) throw new MalformedBytes('no finite number')
    return value
  }

  bytes(length: number): Uint8Array {
    const from = this.#pass(length)
    return this.#bytes.subarray(from, from + length)
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at)
  }

  /** A text as `writeText` writes it. */
  text(maxLength: number): string {
    const head = this.u16()
    const length = head >>> 1
    if (length > maxLength) throw new MalformedBytes('a name that is too long')
    if ((head & 1) === 0) return String.fromCharCode(...this.bytes(length))
    const units: number[] = []
    for (let k = 0; k < length; k++) units.push(this.u16())
    return String.fromCharCode(...units)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedBytes('more bytes than they announce')
  }

  #pass(length: number): number {
    const from = this.#at
    if (length > this.#bytes.length - from) throw new MalformedBytes('fewer bytes than they announce')
    this.#at = from + length
    return from
  }
}
