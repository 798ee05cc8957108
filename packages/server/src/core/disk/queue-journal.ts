/**
 * What a turn has put into the outbound queue and taken out of it. What came and went within one turn, or went and
 * came back, leaves no trace.
 */
import type { PendingEntry, PublisherId } from '@jwp/protocol'

export class QueueJournal {
  #queued = new Map<string, PendingEntry>()
  #unqueued = new Map<string, readonly [PublisherId, number]>()

  added(entry: PendingEntry): void {
    const key = keyOf(entry.publisher, entry.n)
    if (!this.#unqueued.delete(key)) this.#queued.set(key, entry)
  }

  removed(publisher: PublisherId, n: number): void {
    const key = keyOf(publisher, n)
    if (!this.#queued.delete(key)) this.#unqueued.set(key, [publisher, n])
  }

  /** What has changed since the last call; a field is missing if nothing of its kind has. */
  take(): { queued?: PendingEntry[]; unqueued?: (readonly [PublisherId, number])[] } {
    const changes = {
      ...(this.#queued.size > 0 ? { queued: [...this.#queued.values()] } : {}),
      ...(this.#unqueued.size > 0 ? { unqueued: [...this.#unqueued.values()] } : {}),
    }
    if (this.#queued.size > 0) this.#queued = new Map<string, PendingEntry>()
    if (this.#unqueued.size > 0) this.#unqueued = new Map<string, readonly [PublisherId, number]>()
    return changes
  }
}

function keyOf(publisher: PublisherId, n: number): string {
  return `${n} ${publisher}`
}
