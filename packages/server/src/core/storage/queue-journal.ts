/**
 * What a turn has put into the outbound queue and taken out of it. What came and went within one turn, or went and
 * came back, leaves no trace.
 */
import type { PendingEntry, PublisherId } from '@jwp/protocol'

/** Per publisher by number: this sees every message twice, and making a key of both for each would cost the most. */
type ByPublisher<Value> = Map<PublisherId, Map<number, Value>>

export class QueueJournal {
  #queued: ByPublisher<PendingEntry> = new Map()
  #unqueued: ByPublisher<true> = new Map()

  added(entry: PendingEntry): void {
    const { publisher, n } = entry
    if (!remove(this.#unqueued, publisher, n)) put(this.#queued, publisher, n, entry)
  }

  removed(publisher: PublisherId, n: number): void {
    if (!remove(this.#queued, publisher, n)) put(this.#unqueued, publisher, n, true)
  }

  /** What has changed since the last call; a field is missing if nothing of its kind has. */
  take(): { queued?: PendingEntry[]; unqueued?: (readonly [PublisherId, number])[] } {
    const queued: PendingEntry[] = []
    for (const entries of this.#queued.values()) for (const entry of entries.values()) queued.push(entry)
    const unqueued: (readonly [PublisherId, number])[] = []
    for (const [publisher, numbers] of this.#unqueued)
      for (const n of numbers.keys()) unqueued.push([publisher, n])
    if (queued.length > 0) this.#queued = new Map()
    if (unqueued.length > 0) this.#unqueued = new Map()
    return { ...(queued.length > 0 ? { queued } : {}), ...(unqueued.length > 0 ? { unqueued } : {}) }
  }
}

function put<Value>(into: ByPublisher<Value>, publisher: PublisherId, n: number, value: Value): void {
  const values = into.get(publisher)
  if (values === undefined) into.set(publisher, new Map<number, Value>([[n, value]]))
  else values.set(n, value)
}

function remove(from: ByPublisher<unknown>, publisher: PublisherId, n: number): boolean {
  const values = from.get(publisher)
  if (values?.delete(n) !== true) return false
  if (values.size === 0) from.delete(publisher)
  return true
}
