/**
 * What a peer gets is a copy that went through the wire's form, so that nothing that would not survive it, or that a
 * core changes afterwards, gets across. JSON stands in for MessagePack; bodies are bytes in both.
 */
import { fromWire, toWire, type ServerMessage, type WireMessage } from '@jwp/protocol'

export function copyMessages(messages: readonly ServerMessage[]): ServerMessage[] {
  return messages.map((message) => fromWire(copyWire(toWire(message))) as ServerMessage)
}

function copyWire(message: WireMessage): unknown {
  const block = message['block'] as { readonly bodies: Uint8Array } | undefined
  const copy = JSON.parse(JSON.stringify(message, dropBodies)) as Record<string, unknown>
  if (block !== undefined) (copy['block'] as Record<string, unknown>)['bodies'] = block.bodies.slice()
  return copy
}

const dropBodies = (key: string, value: unknown): unknown => (key === 'bodies' ? undefined : value)
