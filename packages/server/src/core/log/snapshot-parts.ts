/**
 * A snapshot on its way to one child, in parts: the tables under the log as they were when it was begun. Rows are never
 * changed, only replaced by others, so a list of them stays what it was whatever happens to the tables meanwhile.
 */
import { maxBatchBytes, rowBytes, type ServerMessageOf, type SnapshotRows } from '@jwp/protocol'

/** All of it, as if it fitted one message. */
export type Snapshot = Omit<ServerMessageOf<'SNAPSHOT'>, 'type' | 'parts'>

export class SnapshotParts {
  readonly whole: Snapshot
  readonly #rowsPerPart: number
  readonly #marks: Remaining<SnapshotRows['marks'][number]>
  readonly #others: Remaining<SnapshotRows['others'][number]>
  readonly #users: Remaining<SnapshotRows['users'][number]>
  readonly #present: Remaining<SnapshotRows['presence']['users'][number]>
  readonly #homes: Remaining<SnapshotRows['presence']['homes'][number]>
  #parts = 0
  #isDone = false

  constructor(whole: Snapshot, rowsPerPart: number) {
    this.whole = whole
    this.#rowsPerPart = rowsPerPart
    this.#marks = new Remaining(whole.marks, rowBytes.mark)
    this.#others = new Remaining(whole.others, rowBytes.other)
    this.#users = new Remaining(whole.users, rowBytes.user)
    this.#present = new Remaining(whole.presence.users, rowBytes.present)
    this.#homes = new Remaining(whole.presence.homes, rowBytes.home)
  }

  /** The last part was taken. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** What is to be sent now: as many rows as a part may have. With the last of them it is the SNAPSHOT itself. */
  next(): ServerMessageOf<'SNAPSHOT' | 'SNAPSHOT_PART'> {
    const room = { rows: this.#rowsPerPart, bytes: maxBatchBytes }
    const rows: SnapshotRows = {
      marks: this.#marks.take(room),
      others: this.#others.take(room),
      users: this.#users.take(room),
      presence: { users: this.#present.take(room), homes: this.#homes.take(room) },
    }
    const { index, lineage, lastTimestamp } = this.whole
    this.#isDone = [this.#marks, this.#others, this.#users, this.#present, this.#homes].every(
      ({ isEmpty }) => isEmpty,
    )
    if (!this.#isDone) return { type: 'SNAPSHOT_PART', index, part: this.#parts++, ...rows }
    return { type: 'SNAPSHOT', index, lineage, lastTimestamp, parts: this.#parts, ...rows }
  }
}

/** What one part has room for. A row that is longer than the rest of the room still goes in: none is long. */
interface Room {
  rows: number
  bytes: number
}

/** The rows of one table that were not taken yet. */
class Remaining<Row> {
  readonly #rows: readonly Row[]
  readonly #bytesOf: (row: Row) => number
  #next = 0

  constructor(rows: readonly Row[], bytesOf: (row: Row) => number) {
    this.#rows = rows
    this.#bytesOf = bytesOf
  }

  get isEmpty(): boolean {
    return this.#next === this.#rows.length
  }

  take(room: Room): Row[] {
    const from = this.#next
    while (!this.isEmpty && room.rows > 0 && room.bytes > 0) {
      room.rows--
      room.bytes -= this.#bytesOf(this.#rows[this.#next++]!)
    }
    return this.#rows.slice(from, this.#next)
  }
}
