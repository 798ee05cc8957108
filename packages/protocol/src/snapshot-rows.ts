/**
 * Rows of a snapshot: the tables of a log's beginning that is not sent. With many users they are more than one frame
 * takes, so they come in parts, each of them a few rows of each table.
 */
import type { RegisterBody } from './entry.js'
import type { LogIndex, PublisherId } from './ids.js'
import { maxSnapshotRows } from './limits.js'
import { homeRowShape, presenceRowShape, type PresenceTable } from './presence.js'
import { count, list, pair, record, text, type Check } from './shape.js'

/** Publisher and number of an entry, for tables on the wire. */
export type PublisherMark = readonly [PublisherId, number]

export type SnapshotRows = Readonly<{
  /** Each publisher's last number, */
  marks: readonly PublisherMark[]
  /** where the log held something else than activities (the newest of those places), rising, */
  others: readonly LogIndex[]
  /** the registered users, */
  users: readonly RegisterBody[]
  /** the connected users, and what each user has received. */
  presence: PresenceTable
}>

const publisher = text(320) as Check<PublisherId>
const userRecord = record({ username: text(1_024), salt: text(1_024), verifier: text(1_024) })

/** To be spread into the shape of the message that carries them. */
export const snapshotRowsFields = {
  marks: list(pair(publisher, count), maxSnapshotRows),
  others: list(count, maxSnapshotRows),
  users: list(userRecord, maxSnapshotRows),
  presence: record({
    users: list(pair(text(1_024), presenceRowShape), maxSnapshotRows),
    homes: list(pair(publisher, homeRowShape), maxSnapshotRows),
  }),
}

/** What a row costs beside its texts, in bytes: names of fields and numbers on the wire, objects in memory. */
const rowOverheadBytes = 64
const numberBytes = 9

/** Lengths of rows in bytes, roughly: on the wire a little less, unless names are in other letters than a to z. */
export const rowBytes = {
  mark: ([publisher]: PublisherMark): number => publisher.length + rowOverheadBytes,
  other: (): number => numberBytes,
  user: ({ username, salt, verifier }: RegisterBody): number =>
    username.length + salt.length + verifier.length + rowOverheadBytes,
  present: ([username, { windows, connections, moving }]: PresenceTable['users'][number]): number => {
    let bytes = username.length + windows.length * 2 * numberBytes + rowOverheadBytes
    if (moving !== undefined) bytes += moving[0].length + numberBytes
    for (const [home] of connections) bytes += home.length + 3 * numberBytes
    return bytes
  },
  home: ([home, { behind }]: PresenceTable['homes'][number]): number =>
    home.length + behind.length * 2 * numberBytes + rowOverheadBytes,
}

/** Length of all of them, in bytes, roughly. */
export function bytesOfRows({ marks, others, users, presence }: SnapshotRows): number {
  return (
    sum(marks, rowBytes.mark) +
    sum(others, rowBytes.other) +
    sum(users, rowBytes.user) +
    sum(presence.users, rowBytes.present) +
    sum(presence.homes, rowBytes.home)
  )
}

function sum<Row>(rows: readonly Row[], bytesOf: (row: Row) => number): number {
  let bytes = 0
  for (const row of rows) bytes += bytesOf(row)
  return bytes
}
