/**
 * Entries that have no log position yet: those of this server and of its whole subtree. Each server on the way up
 * keeps them until it sees them in the log, so the crash of one holder loses nothing.
 *
 * What our own clients publish within a turn becomes one run per publisher at the turn's end.
 *
 * Invariant: an entry that is in the log is not in the queue.
 */
import { EntryRun, RunTable, type EntryKind, type PendingEntry, type PublisherId } from '@jwp/protocol'
import type { QueueJournal } from '../storage/queue-journal.js'

/** What one publisher has published in this turn. */
interface OpenRun {
  readonly kind: EntryKind
  readonly firstN: number
  readonly bodies: Uint8Array[]
}

export class OutboundQueue {
  readonly #runs = new RunTable()
  readonly #open = new Map<PublisherId, OpenRun>()
  #openSize = 0
  #openBytes = 0
  /** Runs of our own clients that have been closed since they were taken. */
  #published: EntryRun[] = []
  /** Writes down what changes, if it is to outlive the process. */
  journal: QueueJournal | undefined

  get size(): number {
    return this.#runs.size + this.#openSize
  }

  get bytes(): number {
    return this.#runs.bytes + this.#openBytes
  }

  /** Something was published here since the last `takePublished`. */
  get hasPublished(): boolean {
    return this.#openSize > 0 || this.#published.length > 0
  }

  has(publisher: PublisherId, n: number): boolean {
    const open = this.#open.get(publisher)
    if (open !== undefined && n >= open.firstN && n < open.firstN + open.bodies.length) return true
    return this.#runs.has(publisher, n)
  }

  get(publisher: PublisherId, n: number): PendingEntry | undefined {
    this.#close(publisher)
    return this.#runs.get(publisher, n)
  }

  /** Keeps an entry that was published here; false if its number is here already. */
  publish({ publisher, n, kind, body }: PendingEntry): boolean {
    if (this.has(publisher, n)) return false
    const open = this.#open.get(publisher)
    if (open !== undefined && open.kind === kind && open.firstN + open.bodies.length === n)
      open.bodies.push(body)
    else {
      this.#close(publisher)
      this.#open.set(publisher, { kind, firstN: n, bodies: [body] })
    }
    this.#openSize++
    this.#openBytes += body.length
    return true
  }

  /** What was published here since the last call. */
  takePublished(): EntryRun[] {
    this.#closeAll()
    const published = this.#published
    this.#published = []
    return published
  }

  /** Keeps what is not here yet, and returns that. */
  add(run: EntryRun): EntryRun[] {
    this.#close(run.publisher)
    const added = this.#runs.add(run)
    for (const part of added) this.journal?.added(part)
    return added
  }

  /** Keeps entries that the disk has already. */
  restored(run: EntryRun): void {
    this.#runs.add(run)
  }

  /** Removes what is here of these numbers, and returns it. */
  take(publisher: PublisherId, firstN: number, count: number): EntryRun[] {
    this.#close(publisher)
    const taken = this.#runs.take(publisher, firstN, count)
    for (const part of taken) this.journal?.removed(part)
    return taken
  }

  /** The entries from this number on that lie in one run, at most so many; undefined: it is not here. */
  runFrom(publisher: PublisherId, n: number, most: number): EntryRun | undefined {
    this.#close(publisher)
    return this.#runs.runFrom(publisher, n, most)
  }

  /** The last number up to which all from `n` on are here; `n - 1`: that one is not. */
  lastFrom(publisher: PublisherId, n: number): number {
    this.#close(publisher)
    return this.#runs.lastFrom(publisher, n)
  }

  /** The lowest number of this publisher that is here. */
  lowest(publisher: PublisherId): number | undefined {
    this.#close(publisher)
    return this.#runs.lowest(publisher)
  }

  /** Removes what is accounted for in the log. */
  removeUpTo(publisher: PublisherId, n: number): void {
    this.take(publisher, 1, n)
  }

  publishers(): Iterable<PublisherId> {
    this.#closeAll()
    return this.#runs.publishers()
  }

  /** Everything, each publisher's runs in rising order. */
  all(): EntryRun[] {
    this.#closeAll()
    return this.#runs.all()
  }

  #closeAll(): void {
    for (const publisher of [...this.#open.keys()]) this.#close(publisher)
  }

  /** What was published becomes a run like others. */
  #close(publisher: PublisherId): void {
    const open = this.#open.get(publisher)
    if (open === undefined) return
    this.#open.delete(publisher)
    const run = EntryRun.ofBodies(publisher, open.kind, open.firstN, open.bodies)
    this.#openSize -= run.count
    this.#openBytes -= run.byteLength
    this.#published.push(...this.add(run))
  }
}
