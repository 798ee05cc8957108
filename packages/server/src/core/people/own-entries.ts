/**
 * Entries that this server publishes under its own name: activities of clients that do not number their messages
 * themselves, registrations, and barriers. The server numbers them, so they keep the order in which they came.
 */
import type { EntryKind, LogEntry, LogIndex, PublisherId, PublisherMark } from '@jwp/protocol'
import { asPublisherId } from '@jwp/protocol'
import type { Parts } from '../parts.js'

/** Of about 100 bytes each: an entry is not to be much longer than the longest activity. */
const maxMarksPerEntry = 1_000

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

  /** Accounts for numbers of others. In a name of its own each time: ours may have a gap, too. */
  skip(marks: readonly PublisherMark[]): void {
    const { up, self, platform, random } = this.#parts
    for (let from = 0; from < marks.length; from += maxMarksPerEntry) {
      const publisher = asPublisherId(`${self.id}/${random.below(2 ** 31).toString(36)}`)
      const body = platform.encodeUtf8(JSON.stringify(marks.slice(from, from + maxMarksPerEntry)))
      up.publish({ publisher, n: 1, kind: 'skip', body })
    }
  }

  /** The log starts over from a snapshot: what it has of us will not be applied entry by entry. */
  restartAt(index: LogIndex): void {
    this.#passed(this.#parts.log.lastNumber(this.publisher), index)
  }

  applied(entry: LogEntry, index: LogIndex): void {
    if (entry.kind === 'skip') return this.#skipped(entry, index)
    if (entry.publisher !== this.publisher) return
    const whenApplied = this.#waiting.get(entry.n)
    this.#waiting.delete(entry.n)
    whenApplied?.(index)
  }

  /** Somebody has dropped entries of ours that this log never had. What they told, we tell again. */
  #skipped(entry: LogEntry, index: LogIndex): void {
    for (const [publisher, last] of this.#parts.log.marksOf(entry)) {
      if (publisher !== this.publisher) continue
      this.#passed(last, index)
      this.#parts.presenceDesk.wasForgotten()
    }
  }

  #passed(last: number, index: LogIndex): void {
    for (const [n, whenApplied] of [...this.#waiting]) {
      if (n > last) continue
      this.#waiting.delete(n)
      whenApplied(index)
    }
  }
}
