/**
 * What a peer gets is a copy that went through the wire's form, so that nothing that would not survive it, or that a
 * core changes afterwards, gets across. JSON stands in for MessagePack; what is bytes there is bytes here.
 */
import { fromWire, PackedMessage, toWire, type ServerMessage } from '@jwp/protocol'

export function copyMessages(messages: readonly ServerMessage[]): ServerMessage[] {
  return messages.map((message) => fromWire(copyOf(toWire(message))) as ServerMessage)
}

const copyOf = (message: unknown): unknown =>
  message instanceof PackedMessage ? message.toBytes() : JSON.parse(JSON.stringify(message))
