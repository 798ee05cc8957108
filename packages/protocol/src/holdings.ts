/**
 * The holder of a session: the body of `resumed` entries, and the names that belong to it.
 *
 * A session is named by its public half. If holders name themselves, each of them numbers what it publishes
 * separately: two programs that show one token, perhaps on both sides of a partition, never publish two messages
 * under one number.
 */
import { asPublisherId, type PublisherId, type SessionId, type SessionToken } from './ids.js'
import type { Platform } from './machine.js'
import { count, hex, list, MalformedMessage, record, type Check } from './shape.js'

/** Sessions that one entry names, at most: about 60 bytes each. */
export const maxHoldingsPerEntry = 1_000

/** Hex digits that tell holders of one session apart. */
const markDigits = 8

/**
 * A session, when it was resumed (hybrid time in Unix ms, but above every stamp that was heard of; 0: it has begun there), and
 * the mark of its holder. The server that publishes it has the connection.
 */
export type SessionHolding = readonly [session: SessionId, stamp: number, mark: string]

/** Published by the server where these sessions were resumed. */
export interface ResumedBody {
  readonly sessions: readonly SessionHolding[]
}

const sessionId = hex(32) as Check<SessionId>
const mark = hex(markDigits)
const holding: Check<SessionHolding> = (value, where) => {
  if (!Array.isArray(value) || value.length !== 3) throw new MalformedMessage(`${where} is no triple`)
  return [sessionId(value[0], where), count(value[1], where), mark(value[2], where)]
}

export const resumedBodyShape: Check<ResumedBody> = record({ sessions: list(holding, maxHoldingsPerEntry) })

type Hashing = Pick<Platform, 'sha256Hex'>

/**
 * The public half of a session. Derived, so that any server can tell without a table which user the session belongs
 * to: only a client that knows the token and logs in under the same name comes to the same one.
 */
export function sessionIdOf(token: SessionToken, username: string, platform: Hashing): SessionId {
  return platform.sha256Hex(`jwp session ${token} ${username}`).slice(0, 32) as SessionId
}

/** Tells the holders of one session apart, and nothing about them. */
export function holderMark(token: SessionToken, holder: string, platform: Hashing): string {
  return platform.sha256Hex(`jwp holder ${token} ${holder}`).slice(0, markDigits)
}

/** The publisher of what this holder publishes; without a mark it is the session itself. */
export function publisherOf(session: SessionId, mark: string | undefined): PublisherId {
  return asPublisherId(mark === undefined ? session : `${session}.${mark}`)
}

/** Whether some holder of this session publishes under that name. */
export function isPublisherOf(session: SessionId, publisher: PublisherId): boolean {
  const rest = publisher.startsWith(session) ? publisher.slice(session.length) : 'x'
  return rest === '' || (rest.length === markDigits + 1 && /^\.[0-9a-f]+$/.test(rest))
}
