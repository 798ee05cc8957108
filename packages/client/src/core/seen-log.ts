/**
 * What this client has seen of the log: how far (a lineage, shown to the next server) and which messages (each
 * publisher's highest number, so that nothing is handed out twice). Numbers are gap-free per publisher, so the highest
 * one says it all.
 */
import {
  cutLineage,
  extendLineage,
  lineageEnd,
  type Epoch,
  type Lineage,
  type LogIndex,
  type PublisherId,
} from '@jwp/protocol'

export class SeenLog {
  readonly #maxPublishers: number
  #lineage: Lineage = []
  readonly #highest = new Map<PublisherId, number>()

  constructor(maxPublishers: number) {
    this.#maxPublishers = maxPublishers
  }

  get lineage(): Lineage {
    return this.#lineage
  }

  get end(): LogIndex {
    return lineageEnd(this.#lineage)
  }

  /** The server's log up to where delivery begins. */
  startAt(lineage: Lineage): void {
    this.#lineage = lineage
  }

  /** EPOCH: the entry at `index` is of `epoch`, and all before it are as we had them. */
  epochAt(epoch: Epoch, index: LogIndex): void {
    let before = cutLineage(this.#lineage, index - 1)
    const last = before.at(-1)
    if (last !== undefined && last[1] < index - 1) before = extendLineage(before, last[0], index - 1)
    this.#lineage = extendLineage(before, epoch, index)
  }

  /** A broadcast with its place came. True if it is new to us. */
  see(publisher: PublisherId, n: number, epoch: Epoch, index: LogIndex): boolean {
    const before = index <= this.end ? cutLineage(this.#lineage, index - 1) : this.#lineage
    this.#lineage = extendLineage(before, epoch, index)
    const highest = this.#highest.get(publisher) ?? 0
    if (n <= highest) return false
    // Moved to the end, so that the publishers that were quiet for longest are forgotten first.
    this.#highest.delete(publisher)
    this.#highest.set(publisher, n)
    if (this.#highest.size > this.#maxPublishers) this.#highest.delete(this.#highest.keys().next().value!)
    return true
  }
}
