/** About how many bytes a frame between servers has on a real wire. */
import type { ServerMessage } from '@jwp/protocol'

const messageBytes = 40
const entryBytes = 60
const rowBytes = 80

/** What clients and clocks say is short: 0. */
export function frameBytes(frame: unknown): number {
  if (!Array.isArray(frame)) return 0
  let bytes = 0
  for (const message of frame as readonly ServerMessage[]) bytes += bytesOf(message)
  return bytes
}

function bytesOf(message: ServerMessage): number {
  if (message.type === 'LOG' || message.type === 'UP')
    return message.entries.reduce((sum, { body }) => sum + entryBytes + body.length, messageBytes)
  if (message.type === 'SNAPSHOT')
    return messageBytes + rowBytes * (message.marks.length + message.users.length)
  return messageBytes
}
