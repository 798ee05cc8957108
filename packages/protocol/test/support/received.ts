/** What the other end of a link gets: what is bytes as one piece of bytes, everything else as it is. */
import { PackedMessage, toWire, type ServerMessage } from '@jwp/protocol'

export function received(message: ServerMessage, spoken?: number): unknown {
  const wire = toWire(message, spoken)
  return wire instanceof PackedMessage ? wire.toBytes() : wire
}
