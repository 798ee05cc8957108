/** The parts of a snapshot that have come, until all are there. Nothing looks at them before. */
import { bytesOfRows, maxRememberedOthers, maxSnapshotBytes } from '@jwp/protocol'
import type { LogIndex, ServerMessageOf, SnapshotRows } from '@jwp/protocol'
import type { Snapshot } from './snapshot-parts.js'

export class SnapshotIntake {
  #parts: SnapshotRows[] = []
  #index: LogIndex = 0
  #bytes = 0
  #others = 0

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  /** @throws RangeError when this is not the part that is due, or too much */
  add({ index, part, ...rows }: ServerMessageOf<'SNAPSHOT_PART'>): void {
    if (part !== this.#parts.length)
      throw new RangeError(`part ${part} of a SNAPSHOT comes where ${this.#parts.length} is due`)
    this.#take(index, rows)
  }

  /**
   * The last rows: this is all of it.
   * @throws RangeError when parts are missing, or belong to another one, or are too much
   */
  complete({ index, lineage, lastTimestamp, parts, ...rows }: ServerMessageOf<'SNAPSHOT'>): Snapshot {
    if (parts !== this.#parts.length)
      throw new RangeError(`SNAPSHOT counts ${parts} parts, and ${this.#parts.length} have come`)
    this.#take(index, rows)
    const all = this.#parts
    this.#parts = []
    this.#bytes = this.#others = 0
    return {
      index,
      lineage,
      lastTimestamp,
      marks: all.flatMap(({ marks }) => marks),
      others: all.flatMap(({ others }) => others),
      users: all.flatMap(({ users }) => users),
      presence: {
        users: all.flatMap(({ presence }) => presence.users),
        homes: all.flatMap(({ presence }) => presence.homes),
      },
    }
  }

  #take(index: LogIndex, rows: SnapshotRows): void {
    if (!this.isEmpty && index !== this.#index)
      throw new RangeError(`parts of a SNAPSHOT for ${this.#index} and for ${index}`)
    this.#index = index
    this.#bytes += bytesOfRows(rows)
    this.#others += rows.others.length
    if (this.#bytes > maxSnapshotBytes)
      throw new RangeError(`SNAPSHOT is longer than ${maxSnapshotBytes} bytes`)
    if (this.#others > maxRememberedOthers)
      throw new RangeError(`SNAPSHOT has more than ${maxRememberedOthers} others`)
    this.#parts.push(rows)
  }
}
