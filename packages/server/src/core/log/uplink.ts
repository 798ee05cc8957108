/**
 * Entries on their way up. Before an entry is ordered it lies in the queue of every server between its client and
 * the root: each says HELD to the one below once it keeps it.
 */
import type { EntryRun, LinkId, NumberRange, PendingEntry, ServerMessageOf } from '@jwp/protocol'
import { inBatches, maxBatchBytes } from '@jwp/protocol'
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
import type { StabilityDemand } from './stability-demand.js'

/** A batch that went up and is not confirmed yet: what it carried of our own clients. */
interface SentBatch {
  readonly batch: number
  readonly own: readonly NumberRange[]
}

/** Batches of a child: the last one that is kept here, and the last one that was acknowledged to it (HELD). */
interface ChildBatches {
  held: number
  told: number
}

export interface UplinkNeeds {
  readonly queue: Pick<
    OutboundQueue,
    'add' | 'all' | 'hasPublished' | 'publish' | 'runFrom' | 'takePublished'
  >
  readonly log: Pick<Log, 'has' | 'lastNumber'>
  readonly calendar: Pick<Calendar, 'published'>
  readonly children: Pick<Children, 'all' | 'get'>
  readonly links: Pick<LinkTable, 'get' | 'send'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'parentLink'>
  readonly sequencer: Pick<Sequencer, 'arrived'>
  readonly sessions: Pick<Sessions, 'isLocal'>
  readonly acknowledgements: Pick<Acknowledgements, 'held'>
  readonly persistence: Pick<Persistence, 'onceStored'>
  readonly demand: Pick<StabilityDemand, 'ask' | 'takePending'>
  readonly options: Pick<ServerOptions, 'limits'>
}

export class Uplink implements TreeListener {
  readonly #needs: UplinkNeeds
  /** What came in this turn and has not been sent to the parent. */
  #fresh: EntryRun[] = []
  #nextBatch = 1
  #unconfirmed: SentBatch[] = []
  readonly #ofChildren = new Map<Child, ChildBatches>()

  constructor(needs: UplinkNeeds) {
    this.#needs = needs
  }

  /** Whether everything that is to go up is kept there, too. */
  get isAllHeld(): boolean {
    return !this.#needs.queue.hasPublished && this.#fresh.length === 0 && this.#unconfirmed.length === 0
  }

  /** A new entry of a client of ours. False: it was here already. */
  publish(entry: PendingEntry): boolean {
    const { queue, log } = this.#needs
    if (log.has(entry.publisher, entry.n) || !queue.publish(entry)) return false
    this.#needs.calendar.published(entry.publisher, entry.n)
    return true
  }

  /** The end of a turn begins: what clients published in it is on its way now. */
  takePublished(): void {
    for (const run of this.#needs.queue.takePublished()) this.#passOn(run)
  }

  /** A child passes entries up. */
  received(link: LinkId, message: ServerMessageOf<'UP'>): void {
    const child = this.#needs.children.get(link)
    if (child === undefined) return
    const { queue, log } = this.#needs
    if (message.prompt === true) this.#needs.demand.ask()
    for (const run of message.runs) {
      const inLog = run.countUpTo(log.lastNumber(run.publisher))
      if (inLog === run.count) continue
      for (const added of queue.add(run.slice(inLog))) this.#passOn(added)
    }
    const batches = this.#ofChildren.get(child)
    if (batches !== undefined) batches.held = message.batch
    else this.#ofChildren.set(child, { held: message.batch, told: 0 })
  }

  /** The parent keeps our batches up to this one. */
  held(message: ServerMessageOf<'HELD'>): void {
    while (this.#unconfirmed.length > 0 && this.#unconfirmed[0]!.batch <= message.batch) {
      for (const range of this.#unconfirmed.shift()!.own) this.#needs.acknowledgements.held(range)
    }
  }

  /** Entries that a LOG cut and did not bring back: they go up again. */
  again(runs: readonly EntryRun[]): void {
    const { queue } = this.#needs
    for (const { publisher, firstN, lastN } of runs)
      for (let n = firstN; n <= lastN;) {
        const run = queue.runFrom(publisher, n, lastN - n + 1)
        if (run !== undefined) this.#passOn(run)
        n += run?.count ?? 1
      }
  }

  /** A new parent keeps nothing of ours yet. */
  parentFound(): void {
    this.parentLost()
    this.#fresh = this.#needs.queue.all()
    // All of it goes up.
    this.#needs.queue.takePublished()
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

  #passOn(run: EntryRun): void {
    const { role, sequencer } = this.#needs
    if (role.isRoot) sequencer.arrived(run.publisher)
    else if (!role.isOrphan) this.#fresh.push(run)
  }

  #sendUp(): void {
    const { role, links, sessions, demand, options } = this.#needs
    const maxEntries = options.limits.batchEntries
    const parent = role.parentLink
    if (parent === undefined || this.#fresh.length === 0) return
    // They are in the queue, where they count; in the socket they would lie a second time, and beyond every limit.
    if (links.get(parent)?.blockedSinceMs !== undefined) return
    const prompt = demand.takePending() ? { prompt: true } : {}
    for (const runs of inBatches(this.#fresh, { maxEntries, maxBytes: maxBatchBytes })) {
      const own = runs
        .filter(({ publisher }) => sessions.isLocal(publisher))
        .map(({ publisher, firstN, count }): NumberRange => [publisher, firstN, count])
      this.#unconfirmed.push({ batch: this.#nextBatch, own })
      links.send(parent, { type: 'UP', batch: this.#nextBatch++, runs, ...prompt })
    }
    this.#fresh = []
  }
}
