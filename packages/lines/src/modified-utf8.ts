/**
 * Java's own UTF-8: characters beyond the basic plane as two surrogates of three bytes each, NUL as C0 80. Some
 * clients put ordinary UTF-8 into the same frames; bytes that are valid there mean the same in both.
 */
import { isUtf8 } from 'node:buffer'

/** @throws RangeError for bytes that are neither. */
export function decodeModifiedUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  let units: number[] = []
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
    if (units.length >= 8_192) {
      text += String.fromCharCode(...units)
      units = []
    }
  }
  return text + String.fromCharCode(...units)
}

function continuation(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined || byte >> 6 !== 0b10) throw new RangeError('not modified UTF-8')
  return byte & 0x3f
}
