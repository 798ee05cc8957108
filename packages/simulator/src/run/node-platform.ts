/** What the cores borrow of the platform, from Node. */
import { createHash } from 'node:crypto'
import type { Platform } from '@jwp/protocol'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const nodePlatform: Platform = {
  encodeUtf8: (text) => encoder.encode(text),
  decodeUtf8: (bytes) => decoder.decode(bytes),
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
}
