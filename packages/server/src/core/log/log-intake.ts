/** The log as the parent sends it, and what this server acknowledges of it. */
import type { EntryRun, LogIndex, LogRun, ServerMessageOf } from '@jwp/protocol'
import type { Outbox } from '../outbox.js'
import type { Persistence } from '../storage/persistence.js'
import type { LinkTable } from '../tree/link-table.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Terms } from '../tree/terms.js'
import type { ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { Calendar } from './calendar.js'
import type { Commit } from './commit.js'
import type { LogFollower } from './log-follower.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'
import type { SessionExpiry } from './session-expiry.js'
import type { StabilityDemand } from './stability-demand.js'
import type { StableIndex } from './stable-index.js'
import type { Truncation } from './truncation.js'
import type { Uplink } from './uplink.js'

export interface LogIntakeNeeds {
  readonly log: Pick<Log, 'last' | 'base' | 'epochAt' | 'append' | 'lastEpochNumber' | 'marksOf'>
  readonly queue: Pick<OutboundQueue, 'removeUpTo' | 'take'>
  readonly commit: Pick<Commit, 'learned'>
  readonly truncation: Pick<Truncation, 'cutTo' | 'replaced'>
  readonly uplink: Pick<Uplink, 'again'>
  readonly stable: Pick<StableIndex, 'moveTo'>
  readonly demand: Pick<StabilityDemand, 'learned'>
  readonly expiry: Pick<SessionExpiry, 'appended'>
  readonly calendar: Pick<Calendar, 'received'>
  readonly terms: Pick<Terms, 'saw'>
  readonly role: Pick<RoleKeeper, 'parentLink'>
  readonly links: Pick<LinkTable, 'send'>
  readonly persistence: Pick<Persistence, 'onceStored'>
  readonly outbox: Pick<Outbox, 'report'>
  /** The parent's log begins. @throws RangeError when a snapshot has to come first */
  readonly onLogBegins: () => void
}

export class LogIntake implements TreeListener, LogFollower {
  readonly #needs: LogIntakeNeeds
  /** The next ACK to the parent: this log equals the parent's up to here. */
  #dueAck: LogIndex | undefined
  /** Acknowledgements that wait for the disk, oldest first. */
  #unstoredAcks: { index: LogIndex }[] = []
  /** Messages of the LOG at hand that have taken the place of others. */
  #replaced = 0

  constructor(needs: LogIntakeNeeds) {
    this.#needs = needs
  }

  /** Not if the common prefix lies below what we have dropped: then a snapshot comes first. */
  parentFound({ answer, common }: ParentFound): void {
    if (answer.path.length === 1 && common >= this.#needs.log.base) this.acknowledgeAll()
  }

  parentLost(): void {
    this.#dueAck = undefined
    this.#unstoredAcks = []
  }

  /** What waits to be acknowledged is no longer ours beyond this. */
  cutTo(end: LogIndex): void {
    for (const ack of this.#unstoredAcks) ack.index = Math.min(ack.index, end)
  }

  restartAt(): void {
    // What was acknowledged is in the snapshot as well.
  }

  /** @throws RangeError or LogGap when it does not continue our log */
  received(message: ServerMessageOf<'LOG'>): void {
    const { log, commit, truncation, uplink, stable, demand, onLogBegins } = this.#needs
    onLogBegins()
    if (message.from < 1) throw new RangeError('LOG begins before the first entry')
    if (message.from > log.last + 1)
      throw new RangeError(`LOG begins at ${message.from}, ours ends at ${log.last}`)
    const cut: EntryRun[] = []
    let index = message.from
    for (const run of message.runs) {
      this.#take(index, run, cut)
      index += run.count
    }
    // New entries of another epoch cut a stale tail by themselves; in a silent network nothing else would.
    if (message.cut === true && message.runs.length === 0) cut.push(...truncation.cutTo(message.from - 1))
    if (cut.length > 0) uplink.again(cut)
    this.#reportReplaced()
    commit.learned(message.commit)
    if (message.everywhere !== undefined) stable.moveTo(message.everywhere)
    if (message.prompt === true) demand.learned(index - 1)
    if (message.ack && message.runs.length > 0) this.#dueAck = index - 1
  }

  /**
   * Our parent is the root, and our log is a prefix of its: say so at once. Without this a child that joins a quiet
   * network is no heir before the next message, and a root's death then costs the whole grace.
   */
  acknowledgeAll(): void {
    this.#dueAck = this.#needs.log.last
  }

  /** End of a turn: what the parent waits for leaves as soon as our disk has it. */
  acknowledge(): void {
    const { role, persistence } = this.#needs
    if (this.#dueAck === undefined || role.parentLink === undefined) return
    const ack = { index: this.#dueAck }
    this.#dueAck = undefined
    this.#unstoredAcks.push(ack)
    persistence.onceStored(() => {
      // There is another parent since: what this one was sent counts, not what the last one waits for.
      if (this.#unstoredAcks[0] !== ack) return
      this.#unstoredAcks.shift()
      this.#needs.links.send(this.#needs.role.parentLink!, { type: 'ACK', index: ack.index })
    })
  }

  #reportReplaced(): void {
    if (this.#replaced > 0) this.#needs.outbox.report({ event: 'messages-replaced', count: this.#replaced })
    this.#replaced = 0
  }

  #take(first: LogIndex, run: LogRun, cut: EntryRun[]): void {
    const { log, truncation } = this.#needs
    let index = first
    const end = first + run.count
    while (index < end && index <= log.last && log.epochAt(index) === run.epoch) index++
    if (index === end) return
    if (index <= log.last) {
      if (index <= log.base) throw new RangeError(`LOG changes entry ${index}, which all servers had applied`)
      for (const removed of truncation.cutTo(index - 1)) cut.push(removed)
    }
    this.#append(run.slice(index - first))
  }

  #append(run: LogRun): void {
    const { log, queue, terms, truncation, expiry, calendar } = this.#needs
    log.append(run)
    expiry.appended(run)
    calendar.received(run)
    terms.saw(log.lastEpochNumber)
    this.#replaced += truncation.replaced(queue.take(run.publisher, run.firstN, run.count), run)
    if (run.kind !== 'skip') return
    for (let k = 0; k < run.count; k++)
      for (const [publisher, n] of log.marksOf(run.pendingAt(k))) queue.removeUpTo(publisher, n)
  }
}
