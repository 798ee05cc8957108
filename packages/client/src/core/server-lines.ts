/**
 * What a server's line says. A server is trusted more than a client is, but a line from an unknown program's port is
 * not.
 */
import {
  epochNumber,
  versionRangeFrom,
  type VersionRange,
  type Endpoint,
  type Epoch,
  type Lineage,
  type LinePosition,
  type LogIndex,
  type PublisherId,
  type SessionToken,
  type Timestamp,
} from '@jwp/protocol'
import type { Broadcast } from './effects.js'

export type Fields = Readonly<Record<string, unknown>>

/** The command and its fields; undefined for what is no command. */
export function commandOf(value: unknown): { name: string; fields: Fields } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Fields
  return typeof fields['command'] === 'string' ? { name: fields['command'], fields } : undefined
}

export interface Welcome {
  readonly session: SessionToken
  readonly publisher: PublisherId
  readonly expect: number
  readonly at: LogIndex
  readonly lineage: Lineage
  readonly servers: readonly Endpoint[]
  /** Undefined: it says nothing of connected users. */
  readonly online: OnlineList | undefined
  /** Of the protocol, as that server speaks it to us; undefined: it names none. */
  readonly version: VersionRange | undefined
  /** Backlog to us, and kept no longer. */
  readonly missed: number
}

export interface OnlineList {
  readonly names: readonly string[]
  /** There are more than are listed. */
  readonly isCut: boolean
}

/** Undefined: that server does not speak the features that we asked for. */
export function welcomeOf(fields: Fields): Welcome | undefined {
  const { session, publisher, expect, at, missed } = fields
  const lineage = lineageOf(fields['lineage'])
  if (typeof session !== 'string' || typeof publisher !== 'string' || lineage === undefined) return undefined
  if (!isCount(expect) || expect < 1 || !isCount(at)) return undefined
  return {
    session: session as SessionToken,
    publisher: publisher as PublisherId,
    expect,
    at,
    lineage,
    servers: endpointsOf(fields['servers']),
    online: onlineListOf(fields),
    version: versionRangeFrom(fields['version']),
    missed: isCount(missed) ? missed : 0,
  }
}

export function broadcastOf(fields: Fields, own: PublisherId | undefined): Broadcast | undefined {
  const { activity, epoch, index, timestamp, publisher, n } = fields
  if (typeof activity !== 'object' || activity === null || Array.isArray(activity)) return undefined
  if (
    typeof epoch !== 'string' ||
    typeof publisher !== 'string' ||
    !isCount(index) ||
    !isCount(timestamp) ||
    !isCount(n)
  )
    return undefined
  const user = (activity as Fields)['authenticated_user']
  return {
    activity: activity as Fields,
    user: typeof user === 'string' ? user : '',
    publisher: publisher as PublisherId,
    n,
    timestamp,
    epoch: epoch as Epoch,
    index,
    own: publisher === own,
  }
}

/** The place of an activity, whatever else is wrong with its line. */
export function linePositionOf(fields: Fields): LinePosition | undefined {
  const { publisher, n } = fields
  const place = epochOf(fields)
  if (place === undefined || typeof publisher !== 'string' || !isCount(n)) return undefined
  return { ...place, publisher: publisher as PublisherId, n }
}

export function endpointsOf(value: unknown): Endpoint[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((each: unknown) => endpointOf(each) ?? [])
}

export function endpointOf(value: unknown): Endpoint | undefined {
  const { hostname, port } = (value ?? {}) as Fields
  const number = typeof port === 'string' ? Number(port) : port
  if (typeof hostname !== 'string' || !isCount(number) || number < 1 || number > 65_535) return undefined
  return { hostname, port: number }
}

export function epochOf(fields: Fields): { epoch: Epoch; index: LogIndex } | undefined {
  const { epoch, index } = fields
  if (typeof epoch !== 'string' || epochNumber(epoch as Epoch) === 0 || !isCount(index) || index < 1)
    return undefined
  return { epoch: epoch as Epoch, index }
}

/** The names that a line lists as connected; undefined: it lists none. */
export function onlineListOf({ online, onlineMore }: Fields): OnlineList | undefined {
  if (!Array.isArray(online) || !online.every((name) => typeof name === 'string')) return undefined
  return { names: online, isCut: onlineMore === true }
}

export interface PresenceLine {
  readonly username: string
  readonly online: boolean
  readonly timestamp: Timestamp
  readonly epoch: Epoch
  readonly index: LogIndex
}

export function presenceOf(fields: Fields): PresenceLine | undefined {
  const { username, online, timestamp } = fields
  const place = epochOf(fields)
  if (typeof username !== 'string' || typeof online !== 'boolean' || !isCount(timestamp)) return undefined
  return place === undefined ? undefined : { username, online, timestamp, ...place }
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function infoOf(fields: Fields): string {
  return typeof fields['info'] === 'string' ? fields['info'] : 'no reason given'
}

export function lineageOf(value: unknown): Lineage | undefined {
  if (!Array.isArray(value)) return undefined
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && typeof pair[0] === 'string' && isCount(pair[1])
  return value.every(isPair) ? (value as Lineage) : undefined
}
