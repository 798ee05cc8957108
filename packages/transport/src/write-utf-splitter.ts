/**
 * The dialect of Java's `DataOutputStream.writeUTF`: a two-byte big-endian length before every message, then
 * modified UTF-8 (characters beyond the basic plane as two surrogates of three bytes each, NUL as C0 80). Framed by
 * the length, never by the newline: the length's own bytes may look like one.
 */
export class WriteUtfSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that this chunk completes, as bytes of modified UTF-8. At most 64 KiB are ever kept. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    let at = 0
    while (bytes.length - at >= 2) {
      const length = bytes.readUInt16BE(at)
      if (bytes.length - at - 2 < length) break
      messages.push(bytes.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
    this.#rest = bytes.subarray(at)
    return messages
  }

  /** A message cut off by the end of the connection is no message. */
  end(): Buffer[] {
    return []
  }
}

/** @throws RangeError for bytes that are no modified UTF-8. */
export function decodeModifiedUtf8(bytes: Uint8Array): string {
  const units: number[] = []
  let text = ''
  for (let i = 0; i < bytes.length;) {
    const byte = bytes[i]!
    if (byte < 0x80) {
      units.push(byte)
      i += 1
    } else if (byte >> 5 === 0b110) {
      units.push(((byte & 0x1f) << 6) | continuation(bytes, i + 1))
      i += 2
    } else if (byte >> 4 === 0b1110) {
      units.push(((byte & 0x0f) << 12) | (continuation(bytes, i + 1) << 6) | continuation(bytes, i + 2))
      i += 3
    } else throw new RangeError('not modified UTF-8')
    if (units.length >= 8_192) text += String.fromCharCode(...units.splice(0))
  }
  return text + String.fromCharCode(...units)
}

function continuation(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined || byte >> 6 !== 0b10) throw new RangeError('not modified UTF-8')
  return byte & 0x3f
}
