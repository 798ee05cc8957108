/** A value on disk: MessagePack behind its checksum. LMDB checks the shape of its pages, not what is in them. */
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

/** @throws DamagedData */
export function decodeRecord(record: Buffer, what: string): unknown {
  const packed = record.subarray(checksumBytes)
  if (record.length <= checksumBytes || record.readUInt32LE(0) !== crc32(packed))
    throw new DamagedData(`${what} does not match its checksum`)
  return unpack(packed) as unknown
}
