/**
 * The highest number of each publisher in a prefix of the log. Most entries raise their publisher's number by one;
 * a `skip` entry makes numbers of others jump, an `expire` entry forgets some, and every step can be taken back.
 */
import type { LogEntry, LogIndex, PendingEntry, Platform, PublisherId, PublisherMark } from '@jwp/protocol'
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

  append(entry: LogEntry, index: LogIndex): void {
    if (entry.publisher !== noPublisher) this.#numbers.set(entry.publisher, entry.n)
    if (entry.kind === 'skip') this.#skip(entry, index)
    if (entry.kind === 'expire') this.#expire(entry, index)
  }

  /** The entry, the last one, is cut. */
  cut(entry: LogEntry, index: LogIndex): void {
    for (const [publisher, n] of this.#before.get(index) ?? []) this.#set(publisher, n)
    this.#before.delete(index)
    if (entry.publisher !== noPublisher) this.#set(entry.publisher, entry.n - 1)
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

  /** The publishers whose numbers this entry may change. */
  changedBy(entry: LogEntry): PublisherId[] {
    const publishers = entry.publisher === noPublisher ? [] : [entry.publisher]
    if (entry.kind === 'skip' || entry.kind === 'expire')
      for (const [publisher] of this.marksOf(entry)) publishers.push(publisher)
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
