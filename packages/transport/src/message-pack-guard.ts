/**
 * Looks over a MessagePack value before it is unpacked. The unpacker believes announced lengths: five bytes that
 * announce an array of 30 million items make it take 240 MB, and such arrays can be nested. Here every announced
 * item must have at least one byte left to be in, and the types that our messages never use (extensions: dates,
 * errors, regular expressions, records…) are turned away.
 */
export class MalformedFrame extends Error {}

/** @throws MalformedFrame unless `bytes` are exactly one value. */
export function checkMessagePack(bytes: Uint8Array): void {
  if (valueEnd(bytes, 0) !== bytes.length)
    throw new MalformedFrame('a frame that does not end with its value')
}

/** Where the value ends that begins here. @throws MalformedFrame if it does not end within `bytes`, or has forbidden types */
export function valueEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.length
  let at = from
  /** Values that are announced and not seen yet, all levels together. */
  let outstanding = 1
  while (outstanding > 0) {
    if (outstanding > end - at) throw new MalformedFrame('a frame that announces more than it holds')
    outstanding--
    const token = bytes[at++]!
    if (token < 0x80 || token >= 0xe0) continue
    if (token < 0x90) outstanding += 2 * (token & 0x0f)
    else if (token < 0xa0) outstanding += token & 0x0f
    else if (token < 0xc0) at += token & 0x1f
    else {
      const width = lengthWidths[token - 0xc0]!
      if (width === forbidden || (token === undefinedToken && bytes[at] !== 0))
        throw new MalformedFrame('a frame with types of no message of ours')
      if (width >= 0) at += width
      else {
        const lengthBytes = -width
        if (lengthBytes > end - at) throw new MalformedFrame('a frame that ends too early')
        let length = 0
        for (let i = 0; i < lengthBytes; i++) length = length * 256 + bytes[at++]!
        if (token >= firstMap) outstanding += 2 * length
        else if (token >= firstArray) outstanding += length
        else at += length
      }
    }
  }
  if (at > end) throw new MalformedFrame('a frame that ends too early')
  return at
}

/** msgpackr writes `undefined` as the one-byte extension of type 0. */
const undefinedToken = 0xd4
const firstArray = 0xdc
const firstMap = 0xde
const forbidden = Infinity
/** For 0xc0 to 0xdf. 0 or more: bytes that follow. Negative: that many bytes of length follow. */
const lengthWidths: readonly number[] = [
  ...[0, forbidden, 0, 0], // nil, (never used), false, true
  ...[-1, -2, -4], // bytes
  ...[forbidden, forbidden, forbidden], // extensions with a length
  ...[4, 8], // floats
  ...[1, 2, 4, 8], // unsigned
  ...[1, 2, 4, 8], // signed
  ...[2, forbidden, forbidden, forbidden, forbidden], // extensions of 1, 2, 4, 8, 16 bytes
  ...[-1, -2, -4], // texts
  ...[-2, -4], // arrays
  ...[-2, -4], // maps
]
