/** Writes fields into bytes, as `ByteReader` reads them. */
export class ByteWriter {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  /** @param length of all that will be written */
  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(value: number): this {
    this.#view.setUint8(this.#pass(1), value)
    return this
  }

  u16(value: number): this {
    this.#view.setUint16(this.#pass(2), value, true)
    return this
  }

  u32(value: number): this {
    this.#view.setUint32(this.#pass(4), value, true)
    return this
  }

  /** Any number, as 64 bits of floating point: whole ones are exact up to 2^53. */
  number(value: number): this {
    this.#view.setFloat64(this.#pass(8), value, true)
    return this
  }

  /** Its length times two, plus one if its characters need two bytes each; then those. */
  text(value: string): this {
    const isWide = !isNarrow(value)
    this.u16(value.length * 2 + (isWide ? 1 : 0))
    for (let k = 0; k < value.length; k++) {
      if (isWide) this.u16(value.charCodeAt(k))
      else this.u8(value.charCodeAt(k))
    }
    return this
  }

  #pass(length: number): number {
    const from = this.#at
    this.#at += length
    return from
  }
}

/** How many bytes a text takes. */
export function textBytes(value: string): number {
  return 2 + value.length * (isNarrow(value) ? 1 : 2)
}

function isNarrow(value: string): boolean {
  for (let k = 0; k < value.length; k++) if (value.charCodeAt(k) > 0xff) return false
  return true
}
