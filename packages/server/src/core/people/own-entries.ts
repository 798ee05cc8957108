/**
 * Entries that this server publishes under its own name: activities of clients that do not number their messages
 * themselves, registrations, and barriers. The server numbers them, so they keep the order in which they came.
 */
import type { EntryKind, LogEntry, LogIndex, PublisherId } from '@jwp/protocol'
import { asPublisherId } from '@jwp/protocol'
import type { Parts } from '../parts.js'

/** Called once, when the entry is applied here for the first time. */
export type WhenApplied = (index: LogIndex) => void

export class OwnEntries {
  readonly #parts: Parts
  readonly publisher: PublisherId
  #count = 0
  readonly #waiting = new Map<number, WhenApplied>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.publisher = asPublisherId(parts.self.id)
  }

  /** @returns the entry's number */
  publish(kind: EntryKind, body: Uint8Array, whenApplied?: WhenApplied): number {
    // A number that somebody else has used in our name is skipped, not swallowed.
    let n = ++this.#count
    while (!this.#parts.up.publish({ publisher: this.publisher, n, kind, body })) n = ++this.#count
    if (whenApplied !== undefined) this.#waiting.set(n, whenApplied)
    return n
  }

  applied(entry: LogEntry, index: LogIndex): void {
    if (entry.publisher !== this.publisher) return
    const whenApplied = this.#waiting.get(entry.n)
    this.#waiting.delete(entry.n)
    whenApplied?.(index)
  }
}
