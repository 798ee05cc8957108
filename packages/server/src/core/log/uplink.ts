/**
 * Entries on their way up. Before an entry is ordered it lies in the queue of every server between its client and
 * the root: each says HELD to the one below once it keeps it.
 */
import type { LinkId, PendingEntry, PublisherId, ServerMessageOf } from '@jwp/protocol'
import { maxBatchBytes } from '@jwp/protocol'
import type { Parts } from '../parts.js'

/** A batch that went up and is not confirmed yet: what it carried of our own clients. */
interface SentBatch {
  readonly batch: number
  readonly own: readonly (readonly [PublisherId, number])[]
}

export class ReplicationUp {
  readonly #parts: Parts
  /** Entries that came in this turn and have not been sent to the parent. */
  #fresh: PendingEntry[] = []
  #nextBatch = 1
  #unconfirmed: SentBatch[] = []

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whether everything that we sent up is kept there, too. */
  get isAllHeld(): boolean {
    return this.#fresh.length === 0 && this.#unconfirmed.length === 0
  }

  /** A new entry of a client of ours. False: it was here already. */
  publish(entry: PendingEntry): boolean {
    const { queue, log } = this.#parts
    if (log.has(entry.publisher, entry.n) || !queue.add(entry)) return false
    this.#parts.calendar.published(entry.publisher, entry.n)
    this.#passOn(entry)
    return true
  }

  /** A child passes entries up. */
  received(link: LinkId, message: ServerMessageOf<'UP'>): void {
    const child = this.#parts.children.get(link)
    if (child === undefined) return
    const { queue, log } = this.#parts
    for (const entry of message.entries) {
      if (!log.has(entry.publisher, entry.n) && queue.add(entry)) this.#passOn(entry)
    }
    child.heldBatch = message.batch
  }

  /** The parent keeps our batches up to this one. */
  held(message: ServerMessageOf<'HELD'>): void {
    while (this.#unconfirmed.length > 0 && this.#unconfirmed[0]!.batch <= message.batch) {
      for (const [publisher, n] of this.#unconfirmed.shift()!.own)
        this.#parts.acknowledgements.held(publisher, n)
    }
  }

  /** Entries that a LOG cut and did not bring back: they go up again. */
  again(entries: readonly PendingEntry[]): void {
    for (const entry of entries) if (this.#parts.queue.has(entry.publisher, entry.n)) this.#passOn(entry)
  }

  /** A new parent keeps nothing of ours yet. */
  parentFound(): void {
    this.parentLost()
    this.#fresh = this.#parts.queue.all()
  }

  parentLost(): void {
    this.#fresh = []
    this.#unconfirmed = []
    this.#nextBatch = 1
  }

  /** End of a turn: one UP to the parent, one HELD to each child that sent something. */
  flush(): void {
    this.#sendUp()
    for (const child of this.#parts.children.all()) {
      if (child.heldBatch === child.toldHeldBatch) continue
      child.toldHeldBatch = child.heldBatch
      const batch = child.heldBatch
      this.#parts.persistence.onceStored(() => {
        if (this.#parts.children.get(child.link) === child)
          this.#parts.links.send(child.link, { type: 'HELD', batch })
      })
    }
  }

  #passOn(entry: PendingEntry): void {
    const { place, desk } = this.#parts
    if (place.isRoot) desk.arrived(entry.publisher)
    else if (!place.isOrphan) this.#fresh.push(entry)
  }

  #sendUp(): void {
    const { place, links, sessions } = this.#parts
    const parent = place.parentLink
    if (parent === undefined || this.#fresh.length === 0) return
    // They are in the queue, where they count; in the socket they would lie a second time, and beyond every limit.
    if (links.get(parent)?.blockedSinceMs !== undefined) return
    for (const entries of inBatches(this.#fresh, this.#parts.options.limits.batchEntries)) {
      const own = entries
        .filter((entry) => sessions.isLocal(entry.publisher))
        .map((entry) => [entry.publisher, entry.n] as const)
      this.#unconfirmed.push({ batch: this.#nextBatch, own })
      links.send(parent, { type: 'UP', batch: this.#nextBatch++, entries })
    }
    this.#fresh = []
  }
}

/** Splits what waits so that no frame grows beyond the limits. */
export function* inBatches<Entry extends PendingEntry>(
  entries: readonly Entry[],
  maxEntries: number,
): Generator<readonly Entry[]> {
  let start = 0
  let bytes = 0
  for (let i = 0; i < entries.length; i++) {
    bytes += entries[i]!.body.length
    if (bytes < maxBatchBytes && i - start + 1 < maxEntries) continue
    yield entries.slice(start, i + 1)
    start = i + 1
    bytes = 0
  }
  if (start < entries.length) yield start === 0 ? entries : entries.slice(start)
}
