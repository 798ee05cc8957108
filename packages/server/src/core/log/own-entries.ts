/**
 * Entries that this server publishes under its own name: activities of clients that do not number their messages
 * themselves, registrations, and barriers. The server numbers them, so they keep the order in which they came.
 */
import type {
  EntryKind,
  LogEntry,
  LogIndex,
  PendingEntry,
  Platform,
  PublisherMark,
  Random,
} from '@jwp/protocol'
import { asPublisherId } from '@jwp/protocol'
import type { LogProjection } from '../projections/log-projection.js'
import type { Self } from '../self.js'
import type { Log } from './log.js'

/** Of about 100 bytes each: an entry is not to be much longer than the longest activity. */
const maxMarksPerEntry = 1_000

/** Called once, when the entry is applied here for the first time. */
export type WhenApplied = (index: LogIndex) => void

export interface OwnEntriesNeeds {
  readonly self: Pick<Self, 'id' | 'publisher'>
  readonly log: Pick<Log, 'lastNumber' | 'marksOf'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
  readonly random: Pick<Random, 'below'>
  /** Gives the entry to the outbound queue. False: its number is taken. */
  readonly publish: (entry: PendingEntry) => boolean
  /** What this server said of its users is in no log any more. */
  readonly onForgotten: () => void
}

export class OwnEntries implements LogProjection {
  readonly #needs: OwnEntriesNeeds
  #count = 0
  readonly #waiting = new Map<number, WhenApplied>()

  constructor(needs: OwnEntriesNeeds) {
    this.#needs = needs
  }

  /** @param whenApplied not with activities; @returns the entry's number */
  publish(kind: EntryKind, body: Uint8Array, whenApplied?: WhenApplied): number {
    // A number that another process has used in this server's name is skipped, not swallowed.
    const { self, publish } = this.#needs
    let n = ++this.#count
    while (!publish({ publisher: self.publisher, n, kind, body })) n = ++this.#count
    if (whenApplied !== undefined) this.#waiting.set(n, whenApplied)
    return n
  }

  /** Accounts for numbers of others. In a name of its own each time: ours may have a gap, too. */
  skip(marks: readonly PublisherMark[]): void {
    const { self, platform, random, publish } = this.#needs
    for (let from = 0; from < marks.length; from += maxMarksPerEntry) {
      const publisher = asPublisherId(`${self.id}/${random.below(2 ** 31).toString(36)}`)
      const body = platform.encodeUtf8(JSON.stringify(marks.slice(from, from + maxMarksPerEntry)))
      publish({ publisher, n: 1, kind: 'skip', body })
    }
  }

  /** What is in the snapshot of us will not be applied entry by entry. */
  endRestart(index: LogIndex): void {
    const { log, self } = this.#needs
    this.#passed(log.lastNumber(self.publisher), index)
  }

  restart(): void {
    // Callers that wait are answered when the new base is complete.
  }

  cutTo(): void {
    // What was applied once is not reported again.
  }

  settle(): void {
    // Nothing is kept to undo entries.
  }

  endApply(): void {
    // Each entry is reported as it is applied.
  }

  applyActivities(): void {
    // Nothing of ours waits for one.
  }

  apply(entry: LogEntry, index: LogIndex): void {
    if (entry.kind === 'skip') return this.#skipped(entry, index)
    if (entry.publisher !== this.#needs.self.publisher) return
    const whenApplied = this.#waiting.get(entry.n)
    this.#waiting.delete(entry.n)
    whenApplied?.(index)
  }

  /** Another server has dropped entries of this server that this log never had. Their content is published again. */
  #skipped(entry: LogEntry, index: LogIndex): void {
    const { log, self, onForgotten } = this.#needs
    for (const [publisher, last] of log.marksOf(entry)) {
      if (publisher !== self.publisher) continue
      this.#passed(last, index)
      onForgotten()
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
