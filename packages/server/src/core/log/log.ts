/**
 * The ordered log as this server has it: a prefix of some root's log, described by its lineage.
 *
 * Invariant, checked at every append: for each publisher the log holds n = 1, 2, 3… without gaps (but for those that a
 * `skip` entry accounts for). That one rule
 * gives sender order, exactly-once and resend-anywhere. (A "highest n delivered" test would not: m2 may
 * overtake a delayed m1, which would then be dropped although it was acknowledged.)
 */
import type {
  Epoch,
  Lineage,
  LogEntry,
  LogIndex,
  PendingEntry,
  Platform,
  PublisherId,
  PublisherMark,
  Timestamp,
} from '@jwp/protocol'
import { commonPrefix, cutLineage, epochNumber, lineageEnd, noPublisher } from '@jwp/protocol'
import { ActivityCount } from './activity-count.js'
import { PublisherNumbers } from './publisher-numbers.js'

export class LogGap extends Error {}

/** What an entry costs beside its body: small activities must not make the retention a lie. */
export const entryOverheadBytes = 256

/** What remains of the entries up to `index` after they were dropped: enough to go on from there. */
export interface LogBase {
  readonly index: LogIndex
  readonly lineage: Lineage
  readonly lastTimestamp: Timestamp
  readonly marks: readonly PublisherMark[]
  /** Where the dropped entries were no activities, rising; only the newest are remembered. */
  readonly others: readonly LogIndex[]
}

export class Log {
  /** Entries from `#base + 1` on; the first `#dead` places of the array are dropped ones, not yet reclaimed. */
  #entries: (LogEntry | undefined)[] = []
  #dead = 0
  #base: LogIndex = 0
  #baseTimestamp: Timestamp = 0
  /** Among the dropped entries: what a snapshot carries. */
  readonly #baseNumbers: PublisherNumbers
  #lineage: [Epoch, LogIndex][] = []
  readonly #lastNumbers: PublisherNumbers
  #bytes = 0
  readonly #activities = new ActivityCount()

  constructor(platform: Pick<Platform, 'decodeUtf8'>) {
    this.#baseNumbers = new PublisherNumbers(platform)
    this.#lastNumbers = new PublisherNumbers(platform)
  }

  /** Index of the last dropped entry; 0 when everything is kept. */
  get base(): LogIndex {
    return this.#base
  }

  get last(): LogIndex {
    return this.#base + this.#entries.length - this.#dead
  }

  /** Memory that the kept entries take, in bytes, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  get lineage(): Lineage {
    return this.#lineage.map(([epoch, end]) => [epoch, end] as const)
  }

  get lastTimestamp(): Timestamp {
    return this.#entries.length > this.#dead ? this.#entries.at(-1)!.timestamp : this.#baseTimestamp
  }

  get lastEpoch(): Epoch | undefined {
    return this.#lineage.at(-1)?.[0]
  }

  get lastEpochNumber(): number {
    const epoch = this.lastEpoch
    return epoch === undefined ? 0 : epochNumber(epoch)
  }

  get publishers(): number {
    return this.#lastNumbers.size
  }

  lastNumber(publisher: PublisherId): number {
    return this.#lastNumbers.of(publisher)
  }

  has(publisher: PublisherId, n: number): boolean {
    return n <= this.lastNumber(publisher)
  }

  /** The entry at `index`, undefined if it is dropped or does not exist. */
  at(index: LogIndex): LogEntry | undefined {
    if (index <= this.#base) return undefined
    return this.#entries[this.#dead + index - this.#base - 1]
  }

  epochAt(index: LogIndex): Epoch | undefined {
    const entry = this.at(index)
    if (entry !== undefined) return entry.epoch
    if (index < 1) return undefined
    return this.#lineage.find(([, end]) => index <= end)?.[0]
  }

  /** The last of our entries up to `within` that belongs to this epoch; undefined: none does. */
  lastOf(epoch: Epoch, within: LogIndex): LogIndex | undefined {
    for (let i = this.#lineage.length - 1; i >= 0; i--) {
      if (this.#lineage[i]![0] !== epoch) continue
      const before = this.#lineage[i - 1]?.[1] ?? 0
      return before < within ? Math.min(this.#lineage[i]![1], within) : undefined
    }
    return undefined
  }

  lineageUpTo(index: LogIndex): Lineage {
    return cutLineage(this.#lineage, index)
  }

  commonWith(other: Lineage): LogIndex {
    return commonPrefix(this.#lineage, other)
  }

  /**
   * @throws LogGap if the entry would leave a gap in its publisher's numbers: the sender's log is not a log.
   */
  append(entry: LogEntry): void {
    if (entry.publisher !== noPublisher) {
      if (entry.n !== this.lastNumber(entry.publisher) + 1) {
        throw new LogGap(
          `${entry.publisher} has ${this.lastNumber(entry.publisher)} entries, cannot append number ${entry.n}`,
        )
      }
    }
    this.#entries.push(entry)
    this.#lastNumbers.append(entry, this.last)
    this.#activities.appended(entry.kind, this.last)
    this.#bytes += entry.body.length + entryOverheadBytes
    const lastTerm = this.#lineage.at(-1)
    if (lastTerm !== undefined && lastTerm[0] === entry.epoch) lastTerm[1] = this.last
    else this.#lineage.push([entry.epoch, this.last])
  }

  /** Removes the entries after `end` and returns them, oldest first. Dropped entries cannot be cut. */
  cutTo(end: LogIndex): LogEntry[] {
    const keep = Math.max(end, this.#base)
    if (keep >= this.last) return []
    const removed = this.#entries.splice(this.#dead + keep - this.#base) as LogEntry[]
    this.#activities.cutTo(keep)
    for (let i = removed.length - 1; i >= 0; i--) {
      this.#bytes -= removed[i]!.body.length + entryOverheadBytes
      this.#lastNumbers.cut(removed[i]!, keep + 1 + i)
    }
    while (this.#lineage.length > 1 && this.#lineage.at(-2)![1] >= keep) this.#lineage.pop()
    if (keep === 0) this.#lineage = []
    else this.#lineage.at(-1)![1] = keep
    return removed
  }

  /** Highest n of this publisher among the dropped entries. */
  baseNumber(publisher: PublisherId): number {
    return this.#baseNumbers.of(publisher)
  }

  /** Forgets the bodies up to `index`, but keeps what `baseline` holds. Returns what it dropped, oldest first. */
  dropTo(index: LogIndex): LogEntry[] {
    const dropped: LogEntry[] = []
    while (this.#base < index && this.#base < this.last) {
      const entry = this.#entries[this.#dead]!
      dropped.push(entry)
      this.#entries[this.#dead++] = undefined
      this.#base++
      this.#bytes -= entry.body.length + entryOverheadBytes
      this.#baseTimestamp = entry.timestamp
      this.#baseNumbers.append(entry, this.#base)
    }
    this.#baseNumbers.settle(this.#base)
    this.#lastNumbers.settle(this.#base)
    // Reclaim only now and then: splice moves all that remain.
    if (this.#dead > 1024 && this.#dead > this.#entries.length / 2) {
      this.#entries.splice(0, this.#dead)
      this.#dead = 0
    }
    return dropped
  }

  baseline(): LogBase {
    return {
      index: this.#base,
      lineage: cutLineage(this.#lineage, this.#base),
      lastTimestamp: this.#baseTimestamp,
      marks: this.#baseNumbers.marks(),
      others: this.#activities.othersBetween(0, this.#base),
    }
  }

  /** Activities after `after` and up to `upTo`, whether they are still kept or not. */
  activitiesBetween(after: LogIndex, upTo: LogIndex): number {
    return this.#activities.between(after, upTo)
  }

  /** Where the entries after `after` and up to `upTo` are no activities. */
  othersBetween(after: LogIndex, upTo: LogIndex): LogIndex[] {
    return this.#activities.othersBetween(after, upTo)
  }

  /** Starts over from the baseline of another server. Returns everything that was here, oldest first. */
  restart(from: LogBase): LogEntry[] {
    const removed = this.#entries.slice(this.#dead) as LogEntry[]
    this.#entries = []
    this.#dead = 0
    this.#bytes = 0
    this.#base = lineageEnd(from.lineage)
    this.#baseTimestamp = from.lastTimestamp
    this.#lineage = from.lineage.map(([epoch, end]) => [epoch, end])
    this.#activities.restart(from.others)
    this.#baseNumbers.restart(from.marks)
    this.#lastNumbers.restart(from.marks)
    return removed
  }

  /** The publishers whose numbers this entry may change. */
  publishersOf(entry: LogEntry): PublisherId[] {
    return this.#lastNumbers.changedBy(entry)
  }

  /** What the kept `skip` entry at `index` passes over: [publisher, from, to], both included. */
  skippedAt(index: LogIndex): (readonly [PublisherId, number, number])[] {
    const entry = this.at(index)
    return entry?.kind === 'skip' ? this.#lastNumbers.skippedBy(entry, index) : []
  }

  /** The publishers and numbers in a `skip` or an `expire` entry. */
  marksOf(entry: PendingEntry): PublisherMark[] {
    return this.#lastNumbers.marksOf(entry)
  }

  /** The publishers that a `keep` entry names. */
  keepsOf(entry: PendingEntry): PublisherId[] {
    return this.#lastNumbers.keepsOf(entry)
  }

  /** The last number of each publisher, one after the other. */
  numbers(): Iterator<PublisherMark> {
    return this.#lastNumbers.each()
  }
}
