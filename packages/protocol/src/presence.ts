/**
 * The connected users, and how far each user has received the log: bodies of the entries that say so, and the table
 * that is a pure function of them.
 */
import type { Epoch, LogIndex, PublisherId } from './ids.js'
import type { Lineage } from './lineage.js'
import { count, list, pair, record, text, flag, maybe, type Check } from './shape.js'

/**
 * A log position that outlives a truncation: the last few terms of the lineage up to it. In another log it means the
 * end of what both have in common, as far as these terms tell.
 */
export type LogPosition = Lineage

/** Terms that a place names. More would tell of older partitions, which a user seldom outlives. */
export const maxPositionTerms = 4

/** Entries published by the server that the users are connected to: it numbers their connections, each number once. */
export interface LoginBody {
  readonly connections: readonly (readonly [connection: number, username: string])[]
  /** They were said to be gone, and never were. */
  readonly again?: boolean | undefined
}

export interface LogoutBody {
  readonly connection: number
  /** Delivered up to here. */
  readonly at: LogPosition
  /** It continues elsewhere, where it was sent: until it is there, its user counts as online. */
  readonly moving?: boolean | undefined
}

export interface GoneBody {
  /** As the publisher of its own entries. */
  readonly server: PublisherId
  /** Only these, which were on their way from there to another server and have not come. Absent: all that are connected there. */
  readonly connections?: LoginBody['connections'] | undefined
}

export interface DeliveredBody {
  /** Speaks of the connections up to this number. */
  readonly upTo: number
  readonly at: LogPosition
  /** These have not got so far. */
  readonly behind: readonly (readonly [connection: number, at: LogPosition])[]
}

/** Servers name so many connections in one entry, at most: about 40 bytes each. */
export const maxConnectionsPerEntry = 1_000
/** Connections that `delivered` names one by one, at most. */
export const maxBehind = 64

/** The end of a window that is still open. No entry has this index. */
export const openEnd = 0

/** One user. */
export interface PresenceRow {
  /** The backlog was delivered up to here. */
  readonly cursor: LogIndex
  /** While it was connected, with something undelivered: from after the one index to the other. Oldest first. */
  readonly windows: readonly (readonly [after: LogIndex, upTo: LogIndex])[]
  /** Where it is connected: the server, its number there, and where delivery began. */
  readonly connections: readonly (readonly [home: PublisherId, number: number, from: LogIndex])[]
  /** It has no connection, and is on its way from the last one that it had to another server. */
  readonly moving?: readonly [home: PublisherId, number: number] | undefined
}

/** As clients are told. A user that was sent to another server has not gone. */
export function isOnline({ connections, moving }: PresenceRow): boolean {
  return connections.length > 0 || moving !== undefined
}

/** What a server has last said of those connected to it. */
export interface HomeRow {
  /** Connections up to this number have got everything up to `delivered`… */
  readonly covers: number
  readonly delivered: LogIndex
  /** …but for these. */
  readonly behind: readonly (readonly [number: number, delivered: LogIndex])[]
}

export interface PresenceTable {
  readonly users: readonly (readonly [username: string, row: PresenceRow])[]
  readonly homes: readonly (readonly [home: PublisherId, row: HomeRow])[]
}

export const emptyPresence: PresenceTable = { users: [], homes: [] }

/** Windows that one row keeps: what lies between older ones counts as backlog. */
export const maxWindows = 16
/** Connections of one user at a time, at most; further ones are served and not listed. */
export const maxConnectionsPerUser = 64

const username = text(1_024)
const server = text(320) as Check<PublisherId>
const position: Check<LogPosition> = list(pair(text(352) as Check<Epoch>, count), maxPositionTerms)

const connections = list(pair(count, username), maxConnectionsPerEntry)

export const loginBodyShape: Check<LoginBody> = record({ connections, again: maybe(flag) })
export const logoutBodyShape: Check<LogoutBody> = record({
  connection: count,
  at: position,
  moving: maybe(flag),
})
export const goneBodyShape: Check<GoneBody> = record({ server, connections: maybe(connections) })
export const deliveredBodyShape: Check<DeliveredBody> = record({
  upTo: count,
  at: position,
  behind: list(pair(count, position), maxBehind),
})

const connection: Check<PresenceRow['connections'][number]> = (value, where) => {
  const [home, number, from] = list<unknown>((each) => each, 3)(value, where)
  return [server(home, where), count(number, where), count(from, where)]
}

export const presenceRowShape: Check<PresenceRow> = record({
  cursor: count,
  windows: list(pair(count, count), maxWindows),
  connections: list(connection, maxConnectionsPerUser),
  moving: maybe(pair(server, count)),
})

export const homeRowShape: Check<HomeRow> = record({
  covers: count,
  delivered: count,
  behind: list(pair(count, count), maxBehind),
})
