/** What a root and a clock say to each other, checked as it comes in. */
import type { ClockMessage, ClockMessageType } from './clock-messages.js'
import { count, finite, MalformedMessage, maybe, port, record, text, type Check } from './shape.js'
import { highestInCommon, noVersionInCommon, clockProtocolVersions, versionRangeFrom } from './versions.js'

/** The peer speaks no version of the protocol that we know. The message says so, for people. */
export class ForeignVersion extends MalformedMessage {}

const checks: Readonly<Record<ClockMessageType, Check<object>>> = {
  // Wrong counts are for the clock's core to refuse in words; here only what is no number at all is turned away.
  TIME: record({ nonce: count, count: finite, atLeast: finite }),
  GRANT: record({ nonce: count, start: count, count }),
  TIME_REFUSED: record({ nonce: count, info: text(4_096) }),
  NOT_LEADER: record({ nonce: count, leader: maybe(record({ host: text(256), port })) }),
}

/** A question carries the versions that its sender can speak, an answer the one that is spoken. */
export function clockMessageToWire(
  message: ClockMessage,
  spoken: number = clockProtocolVersions[1],
): Readonly<Record<string, unknown>> {
  if (message.type === 'TIME') return { ...message, versions: clockProtocolVersions }
  return { ...message, version: spoken }
}

/** @throws MalformedMessage, ForeignVersion */
export function clockMessageFromWire(raw: unknown): ClockMessage {
  const type = (raw as { type?: unknown } | null | undefined)?.type
  if (typeof type !== 'string' || !Object.hasOwn(checks, type))
    throw new MalformedMessage('not a message of the clock protocol')
  checkVersion(raw as Readonly<Record<string, unknown>>, type)
  return { ...checks[type as ClockMessageType](raw, type), type } as ClockMessage
}

/** The version to answer with: the highest in common. For a question that `clockMessageFromWire` accepts. */
export function clockVersionSpoken(question: unknown): number {
  const theirs = versionRangeFrom((question as { versions?: unknown }).versions)
  return (theirs && highestInCommon(clockProtocolVersions, theirs)) ?? clockProtocolVersions[1]
}

function checkVersion({ versions, version }: Readonly<Record<string, unknown>>, type: string): void {
  // A refusal is words, which are good in every version.
  if (type === 'TIME_REFUSED') return
  const theirs = versionRangeFrom(type === 'TIME' ? versions : version)
  if (theirs !== undefined && highestInCommon(clockProtocolVersions, theirs) !== undefined) return
  const [us, them] = type === 'TIME' ? ['this clock', 'the server'] : ['this server', 'the clock']
  throw new ForeignVersion(noVersionInCommon(us, clockProtocolVersions, them, theirs))
}
