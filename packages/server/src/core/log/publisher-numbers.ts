/**
 * The highest number of each publisher in a prefix of the log. Most entries raise their publisher's number by one;
 * a `skip` entry makes numbers of others jump, an `expire` entry forgets some, and every step can be taken back.
 */
import type {
  EntryRun,
  LogEntry,
  LogIndex,
  LogRun,
  PendingEntry,
  Platform,
  PublisherId,
  PublisherMark,
} from '@jwp/protocol'
import { noPublisher } from '@jwp/protocol'

export class PublisherNumbers {
  readonly #platform: Pick<Platform, 'decodeUtf8'>
  readonly #numbers = new Map<PublisherId, number>()
  /** What entries that make numbers jump found before: what to go back to. */
  readonly #before = new Map<LogIndex, readonly PublisherMark[]>()

  constructor(platform: Pick<Platform, 'decodeUtf8'>) {
    this.#platform = platform
  }

  get size(): number {
    return this.#numbers.size
  }

  of(publisher: PublisherId): number {
    return this.#numbers.get(publisher) ?? 0
  }

  marks(): PublisherMark[] {
    return [...this.#numbers]
  }

  /** One after the other; what changes meanwhile is seen or not. */
  each(): Iterator<PublisherMark> {
    return this.#numbers.entries()
  }

  /** @param run of one entry if it makes numbers jump; @param first the index of its first entry */
  append(run: LogRun, first: LogIndex): void {
    if (run.publisher !== noPublisher) this.#numbers.set(run.publisher, run.lastN)
    if (run.kind === 'skip') this.#skip(run.entryAt(0), first)
    if (run.kind === 'expire') this.#expire(run.entryAt(0), first)
  }

  /** The run, the last one, is cut. */
  cut({ publisher, firstN }: LogRun, first: LogIndex): void {
    for (const [other, n] of this.#before.get(first) ?? []) this.#set(other, n)
    this.#before.delete(first)
    if (publisher !== noPublisher) this.#set(publisher, firstN - 1)
  }

  /** What lies at or below `index` will never be cut. */
  settle(index: LogIndex): void {
    for (const at of this.#before.keys()) if (at <= index) this.#before.delete(at)
  }

  restart(marks: readonly PublisherMark[]): void {
    this.#numbers.clear()
    this.#before.clear()
    for (const [publisher, n] of marks) this.#numbers.set(publisher, n)
  }

  /** What the `skip` entry at `index` passes over: [publisher, from, to], both included. */
  skippedBy(entry: LogEntry, index: LogIndex): (readonly [PublisherId, number, number])[] {
    const before = new Map(this.#before.get(index))
    return this.marksOf(entry).flatMap(([publisher, upTo]) => {
      const last = before.get(publisher)
      return last === undefined ? [] : [[publisher, last + 1, upTo] as const]
    })
  }

  /** Whose numbers these entries may change. */
  changedBy(run: LogRun): PublisherId[] {
    const publishers = run.publisher === noPublisher ? [] : [run.publisher]
    if (makesNumbersJump(run))
      for (const [publisher] of this.marksOf(run.pendingAt(0))) publishers.push(publisher)
    return publishers
  }

  /** The publishers and numbers in a `skip` or an `expire` entry. */
  marksOf(entry: PendingEntry): PublisherMark[] {
    return this.#listOf(entry).filter(isMark)
  }

  /** The publishers that a `keep` entry names. */
  keepsOf(entry: PendingEntry): PublisherId[] {
    return this.#listOf(entry).filter((name) => typeof name === 'string') as PublisherId[]
  }

  /** A body that is something else says nothing, everywhere alike. */
  #listOf(entry: PendingEntry): unknown[] {
    try {
      const list = JSON.parse(this.#platform.decodeUtf8(entry.body)) as unknown
      return Array.isArray(list) ? list : []
    } catch {
      return []
    }
  }

  /** Forgets publishers that have said nothing since the entry was made. */
  #expire(entry: LogEntry, index: LogIndex): void {
    const before = this.marksOf(entry).filter(([publisher, n]) => this.of(publisher) === n)
    for (const [publisher] of before) this.#numbers.delete(publisher)
    if (before.length > 0) this.#before.set(index, before)
  }

  #skip(entry: LogEntry, index: LogIndex): void {
    const before: PublisherMark[] = []
    for (const [publisher, upTo] of this.marksOf(entry)) {
      if (upTo <= this.of(publisher)) continue
      before.unshift([publisher, this.of(publisher)])
      this.#numbers.set(publisher, upTo)
    }
    if (before.length > 0) this.#before.set(index, before)
  }

  #set(publisher: PublisherId, n: number): void {
    if (n === 0) this.#numbers.delete(publisher)
    else this.#numbers.set(publisher, n)
  }
}

/** Such entries are kept in runs of their own, each of one entry. */
export function makesNumbersJump({ kind }: EntryRun): boolean {
  return kind === 'skip' || kind === 'expire'
}

function isMark(value: unknown): value is PublisherMark {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    typeof value[0] === 'string' &&
    value[0] !== noPublisher &&
    Number.isSafeInteger(value[1]) &&
    value[1] > 0
  )
}
