/**
 * Frames of net-ipc, written and read by ourselves once its handshake is done: a length, and MessagePack of `{ t: 1, d: messages }`.
 * What is bytes already (a `PackedMessage`) is copied into the frame once, and comes out as a view into it.
 */
import { PackedMessage } from '@jwp/protocol'
import { pack, unpack } from 'msgpackr'
import { checkMessagePack, MalformedFrame, valueEnd } from './message-pack-guard.js'

/** net-ipc's numbers for a message and for the word that no more will come. */
export const packets = { handshake: 0, message: 1, end: 6 }

/** A length takes at most this many bytes; more without an end is no length. */
export const longestTagBytes = 8

/** A map of two: `t`, which is 1, and `d`. */
const opening = Uint8Array.of(0x82, 0xa1, 0x74, packets.message, 0xa1, 0x64)
const listHeadBytes = 5
const bytesHeadBytes = 5
const [bytes8, bytes16, bytes32] = [0xc4, 0xc5, 0xc6]
const [list16, list32] = [0xdc, 0xdd]

export function packFrame(messages: readonly unknown[]): Buffer {
  const packed = messages.map((message) => (message instanceof PackedMessage ? message : pack(message)))
  let length = opening.length + listHeadBytes
  for (const message of packed)
    length += message instanceof PackedMessage ? bytesHeadBytes + message.byteLength : message.length
  const tagBytes = tagLength(length)
  const frame = Buffer.allocUnsafe(tagBytes + length)
  writeTag(frame, length, tagBytes)
  frame.set(opening, tagBytes)
  let at = frame.writeUInt8(list32, tagBytes + opening.length)
  at = frame.writeUInt32BE(messages.length, at)
  for (const message of packed) {
    if (message instanceof PackedMessage) {
      at = frame.writeUInt8(bytes32, at)
      at = frame.writeUInt32BE(message.byteLength, at)
      at = message.copyTo(frame, at)
    } else {
      frame.set(message, at)
      at += message.length
    }
  }
  return frame
}

/**
 * The messages in what is between the lengths of two frames. Undefined: it says only that no more will come.
 * @throws MalformedFrame
 */
export function unpackFrame(bytes: Uint8Array): unknown[] | undefined {
  if (!opening.every((byte, k) => bytes[k] === byte)) return unpackOther(bytes)
  let at = opening.length
  let left = listLength(bytes, at)
  if (left === undefined) return unpackOther(bytes)
  at += bytes[at] === list32 ? 5 : bytes[at] === list16 ? 3 : 1
  // Each has at least one byte.
  if (left > bytes.length - at) throw new MalformedFrame('a frame that announces more than it holds')
  const messages: unknown[] = []
  for (; left > 0; left--) {
    const end = valueEnd(bytes, at)
    const head = bytes[at] === bytes8 ? 2 : bytes[at] === bytes16 ? 3 : bytes[at] === bytes32 ? 5 : 0
    messages.push(head > 0 ? bytes.subarray(at + head, end) : unpackValue(bytes.subarray(at, end)))
    at = end
  }
  if (at !== bytes.length) throw new MalformedFrame('a frame that does not end with its value')
  return messages
}

/** As net-ipc writes it: its own packer has other words for the same. */
function unpackOther(bytes: Uint8Array): unknown[] | undefined {
  checkMessagePack(bytes)
  const packet = unpackValue(bytes) as { readonly t?: unknown; readonly d?: unknown } | null
  if (packet?.t === packets.end) return undefined
  if (packet?.t !== packets.message) throw new MalformedFrame('a net-ipc packet that is no message')
  if (!Array.isArray(packet.d)) throw new MalformedFrame('a frame that is no list of messages')
  return packet.d as unknown[]
}

/** A value that the guard has passed may still be none to the unpacker: a map with a list for a key, say. */
function unpackValue(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes)
  } catch (error) {
    throw new MalformedFrame(`a frame that cannot be unpacked: ${(error as Error).message}`)
  }
}

function listLength(bytes: Uint8Array, at: number): number | undefined {
  const token = bytes[at] ?? 0
  if (token >= 0x90 && token < 0xa0) return token & 0x0f
  const width = token === list16 ? 2 : token === list32 ? 4 : 0
  if (width === 0 || at + width >= bytes.length) return undefined
  let length = 0
  for (let k = 1; k <= width; k++) length = length * 256 + bytes[at + k]!
  return length
}

/** Seven bits in each byte, the highest first; the last one is marked. */
function tagLength(length: number): number {
  let bytes = 1
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) bytes++
  return bytes
}

function writeTag(frame: Buffer, length: number, tagBytes: number): void {
  let rest = length
  for (let at = tagBytes - 1; at >= 0; at--) {
    frame[at] = (rest & 0x7f) | (at === tagBytes - 1 ? 0x80 : 0)
    rest >>>= 7
  }
}
