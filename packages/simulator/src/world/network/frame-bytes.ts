/** About how many bytes a frame between servers has on a real wire. */
import { bytesOf, countOf, type ServerMessage } from '@jwp/protocol'

const leastBytes = 40
const entryBytes = 60
const rowBytes = 80

/** What clients and clocks say is short: 0. */
export function frameBytes(frame: unknown): number {
  if (!Array.isArray(frame)) return 0
  let bytes = 0
  for (const message of frame as readonly ServerMessage[]) bytes += messageBytesOf(message)
  return bytes
}

function messageBytesOf(message: ServerMessage): number {
  if (message.type === 'LOG' || message.type === 'UP')
    return leastBytes + entryBytes * countOf(message.runs) + bytesOf(message.runs)
  if (message.type === 'SNAPSHOT')
    return leastBytes + rowBytes * (message.marks.length + message.users.length)
  return leastBytes
}
