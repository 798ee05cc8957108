/** A value on disk: MessagePack, or bytes, behind its checksum. LMDB checks the shape of its pages, not what is in them. */
import { crc32 } from 'node:zlib'
import { pack, unpack } from 'msgpackr'

const checksumBytes = 4

/** Exit code of a process that has found data damaged, and has said how. */
export const damagedCode = 65

/** What is on disk is not what was written there. */
export class DamagedData extends Error {}

export function encodeRecord(value: unknown): Buffer {
  const packed = pack(value)
  const record = Buffer.allocUnsafe(checksumBytes + packed.length)
  record.writeUInt32LE(crc32(packed), 0)
  record.set(packed, checksumBytes)
  return record
}

/** Bytes as they are, instead of MessagePack. */
export function encodeBlock(parts: readonly Uint8Array[]): Buffer {
  const record = Buffer.concat([Buffer.alloc(checksumBytes), ...parts])
  record.writeUInt32LE(crc32(record.subarray(checksumBytes)), 0)
  return record
}

/** @throws DamagedData */
export function decodeRecord(record: Buffer, what: string): unknown {
  return unpack(decodeBlock(record, what)) as unknown
}

/** @throws DamagedData */
export function decodeBlock(record: Buffer, what: string): Buffer {
  const content = record.subarray(checksumBytes)
  if (record.length <= checksumBytes || record.readUInt32LE(0) !== crc32(content))
    throw new DamagedData(`${what} does not match its checksum`)
  return content
}
