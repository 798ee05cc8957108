/**
 * The log on its way down, and everything else that a parent tells its children.
 *
 * The root sends its children all that it has; every other server only what is committed. So only the core ever
 * holds entries that may still be cut by an election.
 */
import type { LogEntry, LogIndex, PendingEntry, ServerMessageOf } from '@jwp/protocol'
import { maxBatchBytes } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { Child } from '../tree/children.js'
import { SnapshotDown } from './snapshot-down.js'

/** LOG messages to one child in one turn; a child far behind must not keep the others waiting. */
const batchesPerTurn = 4

export class LogDown {
  readonly #parts: Parts
  /** What the parent is owed: our log equals its up to here. */
  #owedAck: LogIndex | undefined
  /** Acknowledgements that wait for the disk, oldest first. */
  #unstoredAcks: { index: LogIndex }[] = []
  #hasMore = false
  /** Messages of the LOG at hand that have taken the place of others. */
  #replaced = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** How far our log may go down. */
  get end(): LogIndex {
    const { place, log, commitment } = this.#parts
    return place.isRoot ? log.last : commitment.commit
  }

  /** Some child is not blocked and has not got everything: another turn is wanted at once. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  received(message: ServerMessageOf<'LOG'>): void {
    const { log, commitment, cutting, up, startingOver } = this.#parts
    startingOver.logBegins()
    if (message.from < 1) throw new RangeError('LOG begins before the first entry')
    if (message.from > log.last + 1)
      throw new RangeError(`LOG begins at ${message.from}, ours ends at ${log.last}`)
    const cut: PendingEntry[] = []
    let index = message.from
    for (const entry of message.entries) this.#take(index++, entry, cut)
    // New entries of another epoch cut a stale tail by themselves; in a silent network nothing else would.
    if (message.cut === true && message.entries.length === 0) cut.push(...cutting.cutTo(message.from - 1))
    if (cut.length > 0) up.again(cut)
    this.#tellReplaced()
    commitment.learned(message.commit)
    if (message.ack && message.entries.length > 0) this.#owedAck = index - 1
  }

  /**
   * What we keep begins too late for this child: it starts over from our base. We drop nothing that lies behind, since
   * that is not sent to it yet.
   */
  beginSnapshot(child: Child): void {
    const { log, directory, presence, children, options } = this.#parts
    // Those who come together, as after a partition, share one copy of the tables.
    const same = [...children.all()].find(({ snapshot }) => snapshot?.whole.index === log.base)
    const whole = same?.snapshot?.whole ?? {
      ...log.baseline(),
      users: directory.usersUpTo(log.base),
      presence: presence.tableAt(log.base),
    }
    child.snapshot = new SnapshotDown(whole, options.limits.snapshotRows)
  }

  /**
   * Our new parent is the root, and what we kept is a prefix of its log: say so at once. Without this a child that
   * joins a quiet network is no heir before the next message, and a root's death then costs the whole grace.
   */
  parentIsRoot(): void {
    this.#owedAck = this.#parts.log.last
  }

  parentLost(): void {
    this.#owedAck = undefined
    this.#unstoredAcks = []
  }

  /** What waits to be acknowledged is no longer ours beyond this. */
  cutTo(end: LogIndex): void {
    for (const ack of this.#unstoredAcks) ack.index = Math.min(ack.index, end)
  }

  /** On change: the way to the root and its heirs, for everybody below. */
  tellPath(): void {
    for (const child of this.#parts.children.all()) this.tellPathTo(child)
  }

  tellPathTo(child: Child): void {
    const { links, self, deadpool, place, children, clocks, takeovers } = this.#parts
    links.send(child.link, {
      type: 'PATH',
      path: [{ id: self.id, address: self.address }, ...deadpool.path],
      succession: place.isRoot ? children.succession() : deadpool.succession,
      epochNumber: place.highestEpochNumber,
      ...takeovers.stampForChildren(),
      clock: clocks.known,
    })
  }

  /** A child is gone, or has to go. */
  dropChild(child: Child, why: string): void {
    const { children, links, outbox, place, stability, commitment, loads } = this.#parts
    children.remove(child.link)
    this.#parts.rollCall.childLost(child.link)
    links.close(child.link)
    outbox.report({ event: 'child-lost', child: child.id, why })
    if (place.isRoot && child.coreSince !== undefined) this.tellPath()
    commitment.childLost()
    stability.changed()
    loads.childrenChanged()
  }

  /** End of a turn, first half: what the parent waits for. */
  acknowledge(): void {
    const { place, persistence } = this.#parts
    if (this.#owedAck === undefined || place.parentLink === undefined) return
    const ack = { index: this.#owedAck }
    this.#owedAck = undefined
    this.#unstoredAcks.push(ack)
    persistence.onceStored(() => {
      // Another parent since: what this one was told counts, not what the last one was owed.
      if (this.#unstoredAcks[0] !== ack) return
      this.#unstoredAcks.shift()
      this.#parts.links.send(this.#parts.place.parentLink!, { type: 'ACK', index: ack.index })
    })
  }

  /** End of a turn, second half: what the children have not got yet. */
  flush(): void {
    this.#hasMore = false
    for (const child of this.#parts.children.all()) {
      const peer = this.#parts.links.get(child.link)
      if (peer === undefined || peer.blockedSinceMs !== undefined) continue
      if (child.snapshot === undefined || this.#sendPart(child, child.snapshot)) this.#flushTo(child)
    }
  }

  /** One part per turn: packing thousands of rows takes long enough. True: it was the last, and the log may follow. */
  #sendPart(child: Child, snapshot: SnapshotDown): boolean {
    this.#parts.links.send(child.link, snapshot.next())
    if (snapshot.isDone) child.snapshot = undefined
    else this.#hasMore = true
    return snapshot.isDone
  }

  #flushTo(child: Child): void {
    const { commitment, place, links, time } = this.#parts
    const { end } = this
    for (let k = 0; k < batchesPerTurn; k++) {
      const entries = this.#entriesAfter(child.sent, end)
      const from = child.sent + 1
      child.sent += entries.length
      // Never beyond what this child has got: the raw mark with a part of the log would commit a stale tail.
      const commit = Math.min(commitment.commit, child.sent)
      const cut = child.hasStaleTail && entries.length === 0
      child.hasStaleTail = false
      if (entries.length === 0 && commit <= child.sentCommit && !cut) return
      child.sentCommit = commit
      if (entries.length > 0 && place.isRoot) child.laggingSinceMs ??= time.nowMs
      links.send(child.link, {
        type: 'LOG',
        from,
        entries,
        commit,
        ack: place.isRoot,
        ...(cut ? { cut } : {}),
      })
      if (child.sent >= end) return
    }
    this.#hasMore = true
  }

  #entriesAfter(sent: LogIndex, end: LogIndex): LogEntry[] {
    const { log, options } = this.#parts
    const { batchEntries } = options.limits
    const entries: LogEntry[] = []
    let bytes = 0
    for (let i = sent + 1; i <= end && entries.length < batchEntries && bytes < maxBatchBytes; i++) {
      const entry = log.at(i)!
      entries.push(entry)
      bytes += entry.body.length
    }
    return entries
  }

  #tellReplaced(): void {
    if (this.#replaced > 0) this.#parts.outbox.report({ event: 'messages-replaced', count: this.#replaced })
    this.#replaced = 0
  }

  #take(index: LogIndex, entry: LogEntry, cut: PendingEntry[]): void {
    const { log, queue, place, cutting } = this.#parts
    if (index <= log.last) {
      if (log.epochAt(index) === entry.epoch) return
      if (index <= log.base) throw new RangeError(`LOG changes entry ${index}, which everybody had`)
      for (const removed of cutting.cutTo(index - 1)) cut.push(removed)
    }
    log.append(entry)
    this.#parts.expiry.appended(entry)
    this.#parts.calendar.received(entry)
    place.sawEpochNumber(log.lastEpochNumber)
    if (cutting.isReplaced(queue.take(entry.publisher, entry.n), entry)) this.#replaced++
    if (entry.kind === 'skip') for (const [publisher, n] of log.marksOf(entry)) queue.removeUpTo(publisher, n)
  }
}
