/**
 * The ordered log as this server has it: a prefix of some root's log, described by its lineage. It consists of runs as they
 * came: what is kept, sent on or dropped is counted by run, and an entry is made only for who asks for one.
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
  LogRun,
  PendingEntry,
  Platform,
  PublisherId,
  PublisherMark,
  Timestamp,
} from '@jwp/protocol'
import { commonPrefix, cutLineage, epochNumber, lineageEnd, noPublisher } from '@jwp/protocol'
import { ActivityCount } from './activity-count.js'
import { KeptRuns } from './kept-runs.js'
import { makesNumbersJump, PublisherNumbers } from './publisher-numbers.js'

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
  /** From `#base + 1` on. */
  #runs = new KeptRuns(0)
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
    return this.#runs.last
  }

  /** Memory that the kept entries take, in bytes, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  get lineage(): Lineage {
    return this.#lineage.map(([epoch, end]) => [epoch, end] as const)
  }

  get lastTimestamp(): Timestamp {
    return this.#runs.newest?.lastTimestamp ?? this.#baseTimestamp
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
    return index > this.#base && index <= this.last ? this.#runs.at(index) : undefined
  }

  /** The entries from `index` on that lie in one run, up to `to`; both must be kept. */
  runFrom(index: LogIndex, to: LogIndex): LogRun {
    if (index <= this.#base || to > this.last) throw new RangeError(`entries ${index} to ${to} are not here`)
    return this.#runs.runFrom(index, to)
  }

  /** The entries from `from` to `to`, which must be kept, as runs; each is looked up when it is asked for. */
  *runsBetween(from: LogIndex, to: LogIndex): Generator<LogRun> {
    for (let index = from; index <= to;) {
      const run = this.runFrom(index, to)
      yield run
      index += run.count
    }
  }

  epochAt(index: LogIndex): Epoch | undefined {
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
   * @throws LogGap if the run would leave a gap in its publisher's numbers: the sender's log is not a log.
   */
  append(run: LogRun): void {
    if (run.count > 1 && makesNumbersJump(run)) {
      for (let k = 0; k < run.count; k++) this.append(run.slice(k, k + 1))
      return
    }
    const { publisher, firstN, epoch } = run
    if (publisher !== noPublisher && firstN !== this.lastNumber(publisher) + 1) {
      throw new LogGap(
        `${publisher} has ${this.lastNumber(publisher)} entries, cannot append number ${firstN}`,
      )
    }
    const first = this.last + 1
    this.#runs.append(run)
    this.#lastNumbers.append(run, first)
    this.#activities.appended(run, first)
    this.#bytes += sizeOf(run)
    const lastTerm = this.#lineage.at(-1)
    if (lastTerm !== undefined && lastTerm[0] === epoch) lastTerm[1] = this.last
    else this.#lineage.push([epoch, this.last])
  }

  /** Removes the entries after `end` and returns them, oldest first. Dropped entries cannot be cut. */
  cutTo(end: LogIndex): LogRun[] {
    const keep = Math.max(end, this.#base)
    if (keep >= this.last) return []
    let last = this.last
    const removed = this.#runs.cutTo(keep)
    this.#activities.cutTo(keep)
    for (const run of [...removed].reverse()) {
      this.#bytes -= sizeOf(run)
      this.#lastNumbers.cut(run, last - run.count + 1)
      last -= run.count
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

  /** Forgets the bodies up to `index`, keeping what `baseline` tells. Returns what it dropped, oldest first. */
  dropTo(index: LogIndex): LogRun[] {
    const dropped = this.#runs.dropTo(Math.min(index, this.last))
    for (const run of dropped) {
      this.#baseNumbers.append(run, this.#base + 1)
      this.#base += run.count
      this.#bytes -= sizeOf(run)
      this.#baseTimestamp = run.lastTimestamp
    }
    this.#baseNumbers.settle(this.#base)
    this.#lastNumbers.settle(this.#base)
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

  /** Starts over from another baseline. What was here is gone. */
  restart(from: LogBase): void {
    this.#bytes = 0
    this.#base = lineageEnd(from.lineage)
    this.#runs = new KeptRuns(this.#base)
    this.#baseTimestamp = from.lastTimestamp
    this.#lineage = from.lineage.map(([epoch, end]) => [epoch, end])
    this.#activities.restart(from.others)
    this.#baseNumbers.restart(from.marks)
    this.#lastNumbers.restart(from.marks)
  }

  /** Whose numbers these entries may change. */
  publishersOf(run: LogRun): PublisherId[] {
    return this.#lastNumbers.changedBy(run)
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

/** What a run takes of the retention. */
function sizeOf(run: LogRun): number {
  return run.byteLength + run.count * entryOverheadBytes
}
