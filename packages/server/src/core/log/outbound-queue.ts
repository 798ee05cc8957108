/**
 * Entries that have no log position yet: those of this server and of its whole subtree. Each server on the way up
 * keeps them until it sees them in the log, so the crash of one holder loses nothing.
 *
 * Invariant: an entry that is in the log is not in the queue.
 */
import type { PendingEntry, PublisherId } from '@jwp/protocol'
import type { QueueJournal } from '../storage/queue-journal.js'

export class OutboundQueue {
  readonly #byPublisher = new Map<PublisherId, Map<number, PendingEntry>>()
  #size = 0
  #bytes = 0
  /** Writes down what changes, if it is to outlive the process. */
  journal: QueueJournal | undefined

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#bytes
  }

  has(publisher: PublisherId, n: number): boolean {
    return this.#byPublisher.get(publisher)?.has(n) ?? false
  }

  get(publisher: PublisherId, n: number): PendingEntry | undefined {
    return this.#byPublisher.get(publisher)?.get(n)
  }

  /** Keeps the entry; false if it was here already. */
  add(entry: PendingEntry): boolean {
    if (!this.restored(entry)) return false
    this.journal?.added(entry)
    return true
  }

  /** Keeps an entry that the disk has already. */
  restored(entry: PendingEntry): boolean {
    let entries = this.#byPublisher.get(entry.publisher)
    if (entries === undefined)
      this.#byPublisher.set(entry.publisher, (entries = new Map<number, PendingEntry>()))
    else if (entries.has(entry.n)) return false
    entries.set(entry.n, entry)
    this.#size++
    this.#bytes += entry.body.length
    return true
  }

  remove(publisher: PublisherId, n: number): void {
    this.take(publisher, n)
  }

  /** Removes the entry and returns it, if it was here. */
  take(publisher: PublisherId, n: number): PendingEntry | undefined {
    const entries = this.#byPublisher.get(publisher)
    const entry = entries?.get(n)
    if (entries === undefined || entry === undefined) return undefined
    entries.delete(n)
    if (entries.size === 0) this.#byPublisher.delete(publisher)
    this.#size--
    this.#bytes -= entry.body.length
    this.journal?.removed(publisher, n)
    return entry
  }

  /** The lowest number of this publisher that is here. */
  lowest(publisher: PublisherId): number | undefined {
    const numbers = this.#byPublisher.get(publisher)?.keys()
    let lowest: number | undefined
    for (const n of numbers ?? []) if (lowest === undefined || n < lowest) lowest = n
    return lowest
  }

  /** Removes what is accounted for in the log. */
  removeUpTo(publisher: PublisherId, n: number): void {
    for (const number of [...(this.#byPublisher.get(publisher)?.keys() ?? [])])
      if (number <= n) this.take(publisher, number)
  }

  publishers(): Iterable<PublisherId> {
    return this.#byPublisher.keys()
  }

  /** Everything, each publisher's entries in rising order. */
  all(): PendingEntry[] {
    const all: PendingEntry[] = []
    for (const entries of this.#byPublisher.values()) {
      const sorted = [...entries.values()].sort((a, b) => a.n - b.n)
      for (const entry of sorted) all.push(entry)
    }
    return all
  }
}
