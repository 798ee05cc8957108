/**
 * How much of the log this client has had, as a lineage. Shown at the next login, it tells any server where the two
 * histories part, so that delivery goes on from there.
 */
import { cutLineage, extendLineage, lineageEnd, type Epoch, type Lineage, type LogIndex } from '@jwp/protocol'

export class LogPosition {
  #lineage: Lineage = []

  get lineage(): Lineage {
    return this.#lineage
  }

  get index(): LogIndex {
    return lineageEnd(this.#lineage)
  }

  /** The server said where delivery starts. */
  restart(lineage: Lineage): void {
    this.#lineage = lineage
  }

  /** A broadcast came. What lies between it and the one before is hidden from clients (logins and the like). */
  passed(epoch: Epoch, index: LogIndex): void {
    const kept = index > this.index ? this.#lineage : cutLineage(this.#lineage, index - 1)
    this.#lineage = extendLineage(kept, epoch, index)
  }

  /**
   * EPOCH: the entry at `index` is of `epoch`. What lies between it and the last broadcast is of the reign before;
   * without saying so, two histories would seem to part there, and far too much would be sent again.
   */
  epochStarts(epoch: Epoch, index: LogIndex): void {
    const before = cutLineage(this.#lineage, index - 1)
    const last = before.at(-1)
    const extended = last === undefined ? before : extendLineage(before, last[0], index - 1)
    this.#lineage = extendLineage(extended, epoch, index)
  }
}
