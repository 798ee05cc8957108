/**
 * What a peer gets is a copy that went through bytes: entries through the columns of `entry-block.ts`, the rest
 * through JSON, so that nothing that would not survive the wire (or that a core changes afterwards) gets across.
 */
import type { ServerMessage } from '@jwp/protocol'
import { packLog, packPending, unpackLog, unpackPending } from '@jwp/protocol'

export function copyMessages(messages: readonly ServerMessage[]): ServerMessage[] {
  return messages.map(copyMessage)
}

function copyMessage(message: ServerMessage): ServerMessage {
  switch (message.type) {
    case 'LOG':
      return { ...message, entries: unpackLog(packLog(message.entries)) }
    case 'UP':
      return { ...message, entries: unpackPending(packPending(message.entries)) }
    default:
      return JSON.parse(JSON.stringify(message)) as ServerMessage
  }
}
