/** What a root and a clock say to each other, checked as it comes in. */
import type { ClockMessage, ClockMessageType } from './clock-messages.js'
import { count, finite, MalformedMessage, maybe, port, record, text, type Check } from './shape.js'

const checks: Readonly<Record<ClockMessageType, Check<object>>> = {
  // Wrong counts are for the clock's core to refuse in words; here only what is no number at all is turned away.
  TIME: record({ nonce: count, count: finite, atLeast: finite }),
  GRANT: record({ nonce: count, start: count, count }),
  TIME_REFUSED: record({ nonce: count, info: text(4_096) }),
  NOT_LEADER: record({ nonce: count, leader: maybe(record({ host: text(256), port })) }),
}

/** @throws MalformedMessage */
export function clockMessageFromWire(raw: unknown): ClockMessage {
  const type = (raw as { type?: unknown } | null | undefined)?.type
  if (typeof type !== 'string' || !Object.hasOwn(checks, type))
    throw new MalformedMessage('not a message of the clock protocol')
  return { ...checks[type as ClockMessageType](raw, type), type } as ClockMessage
}
