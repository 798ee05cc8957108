/**
 * Entries on their way up. Before an entry is ordered it lies in the queue of every server between its client and
 * the root: each says HELD to the one below once it keeps it.
 */
import type { LinkId, PendingEntry, PublisherId, ServerMessageOf } from '@jwp/protocol'
import { maxBatchBytes } from '@jwp/protocol'
import type { Acknowledgements } from '../clients/acknowledgements.js'
import type { Sessions } from '../clients/sessions.js'
import type { ServerOptions } from '../options.js'
import type { Persistence } from '../storage/persistence.js'
import type { Child } from '../tree/child.js'
import type { Children } from '../tree/children.js'
import type { LinkTable } from '../tree/link-table.js'
import type { RoleKeeper } from '../tree/role.js'
import type { TreeListener } from '../tree/tree-listener.js'
import type { Calendar } from './calendar.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'
import type { Sequencer } from './sequencer.js'

/** A batch that went up and is not confirmed yet: what it carried of our own clients. */
interface SentBatch {
  readonly batch: number
  readonly own: readonly (readonly [PublisherId, number])[]
}

/** Batches of a child: the last one that is kept here, and the last one that was acknowledged to it (HELD). */
interface ChildBatches {
  held: number
  told: number
}

export interface UplinkNeeds {
  readonly queue: Pick<OutboundQueue, 'add' | 'has' | 'all'>
  readonly log: Pick<Log, 'has'>
  readonly calendar: Pick<Calendar, 'published'>
  readonly children: Pick<Children, 'all' | 'get'>
  readonly links: Pick<LinkTable, 'get' | 'send'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'parentLink'>
  readonly sequencer: Pick<Sequencer, 'arrived'>
  readonly sessions: Pick<Sessions, 'isLocal'>
  readonly acknowledgements: Pick<Acknowledgements, 'held'>
  readonly persistence: Pick<Persistence, 'onceStored'>
  readonly options: Pick<ServerOptions, 'limits'>
}

export class Uplink implements TreeListener {
  readonly #needs: UplinkNeeds
  /** Entries that came in this turn and have not been sent to the parent. */
  #fresh: PendingEntry[] = []
  #nextBatch = 1
  #unconfirmed: SentBatch[] = []
  readonly #ofChildren = new Map<Child, ChildBatches>()

  constructor(needs: UplinkNeeds) {
    this.#needs = needs
  }

  /** Whether everything that we sent up is kept there, too. */
  get isAllHeld(): boolean {
    return this.#fresh.length === 0 && this.#unconfirmed.length === 0
  }

  /** A new entry of a client of ours. False: it was here already. */
  publish(entry: PendingEntry): boolean {
    const { queue, log } = this.#needs
    if (log.has(entry.publisher, entry.n) || !queue.add(entry)) return false
    this.#needs.calendar.published(entry.publisher, entry.n)
    this.#passOn(entry)
    return true
  }

  /** A child passes entries up. */
  received(link: LinkId, message: ServerMessageOf<'UP'>): void {
    const child = this.#needs.children.get(link)
    if (child === undefined) return
    const { queue, log } = this.#needs
    for (const entry of message.entries) {
      if (!log.has(entry.publisher, entry.n) && queue.add(entry)) this.#passOn(entry)
    }
    const batches = this.#ofChildren.get(child)
    if (batches !== undefined) batches.held = message.batch
    else this.#ofChildren.set(child, { held: message.batch, told: 0 })
  }

  /** The parent keeps our batches up to this one. */
  held(message: ServerMessageOf<'HELD'>): void {
    while (this.#unconfirmed.length > 0 && this.#unconfirmed[0]!.batch <= message.batch) {
      for (const [publisher, n] of this.#unconfirmed.shift()!.own)
        this.#needs.acknowledgements.held(publisher, n)
    }
  }

  /** Entries that a LOG cut and did not bring back: they go up again. */
  again(entries: readonly PendingEntry[]): void {
    for (const entry of entries) if (this.#needs.queue.has(entry.publisher, entry.n)) this.#passOn(entry)
  }

  /** A new parent keeps nothing of ours yet. */
  parentFound(): void {
    this.parentLost()
    this.#fresh = this.#needs.queue.all()
  }

  becameRoot(): void {
    this.parentLost()
  }

  childLost(child: Child): void {
    this.#ofChildren.delete(child)
  }

  parentLost(): void {
    this.#fresh = []
    this.#unconfirmed = []
    this.#nextBatch = 1
  }

  /** End of a turn: one UP to the parent, one HELD to each child that sent something. */
  flush(): void {
    this.#sendUp()
    for (const child of this.#needs.children.all()) {
      const batches = this.#ofChildren.get(child)
      if (batches === undefined || batches.held === batches.told) continue
      batches.told = batches.held
      const batch = batches.held
      this.#needs.persistence.onceStored(() => {
        if (this.#needs.children.get(child.link) === child)
          this.#needs.links.send(child.link, { type: 'HELD', batch })
      })
    }
  }

  #passOn(entry: PendingEntry): void {
    const { role, sequencer } = this.#needs
    if (role.isRoot) sequencer.arrived(entry.publisher)
    else if (!role.isOrphan) this.#fresh.push(entry)
  }

  #sendUp(): void {
    const { role, links, sessions } = this.#needs
    const parent = role.parentLink
    if (parent === undefined || this.#fresh.length === 0) return
    // They are in the queue, where they count; in the socket they would lie a second time, and beyond every limit.
    if (links.get(parent)?.blockedSinceMs !== undefined) return
    for (const entries of inBatches(this.#fresh, this.#needs.options.limits.batchEntries)) {
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
