/** Node's part of what a core borrows from its platform. */
import { createHash } from 'node:crypto'
import type { Platform } from '@jwp/protocol'

export const nodePlatform: Platform = {
  encodeUtf8: (text) => Buffer.from(text, 'utf8'),
  decodeUtf8: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  sha256Hex: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
}
