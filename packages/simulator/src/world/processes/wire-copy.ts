/**
 * What a peer gets is a copy that went through the wire's form, so that nothing that would not survive it, or that a
 * core changes afterwards, gets across. JSON stands in for MessagePack; bodies are bytes in both.
 */
import { fromWire, toWire, type PendingBlock, type ServerMessage, type WireMessage } from '@jwp/protocol'

export function copyMessages(messages: readonly ServerMessage[]): ServerMessage[] {
  return messages.map((message) => fromWire(copyWire(toWire(message))) as ServerMessage)
}

function copyWire(message: WireMessage): unknown {
  const block = message['block'] as PendingBlock | undefined
  const copy = JSON.parse(JSON.stringify(message, dropBytes)) as Record<string, unknown>
  if (block === undefined) return copy
  const { lengths, bodies } = block
  return { ...copy, block: { ...(copy['block'] as object), lengths: lengths.slice(), bodies: bodies.slice() } }
}

const dropBytes = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? undefined : value)
