/**
 * Our log and the parent's have too little in common to go on from: what we lack is no longer kept. We start over from
 * its snapshot: its baseline and the tables under it take the place of all that we have, at once and as a whole.
 */
import type { LogIndex, PublisherId, PublisherMark, ServerMessageOf } from '@jwp/protocol'
import { lineageEnd } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { Snapshot } from './snapshot-down.js'
import { SnapshotIntake } from './snapshot-intake.js'

export class StartingOver {
  readonly #parts: Parts
  #intake = new SnapshotIntake()
  /** What we keep begins beyond what we have in common with the root's log: only a snapshot can follow. */
  #isDue = false
  /** The parent's log has begun: what comes before it comes no more. */
  #isLate = false
  #common: LogIndex = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A snapshot is to come, or is coming: our log is not the tree's, and will be no more. */
  get isWaiting(): boolean {
    return this.#isDue || !this.#intake.isEmpty
  }

  /** Of what we have applied the tree has the same up to here, for certain. */
  get agreedUpTo(): LogIndex {
    return this.isWaiting ? this.#common : Infinity
  }

  /** @param common so much of our log is the root's as well */
  parentFound(common: LogIndex): void {
    this.parentLost()
    this.#isDue = common < this.#parts.log.base
    this.#isLate = false
    this.#common = common
  }

  /** What has come of a snapshot is good for nothing without the rest. */
  parentLost(): void {
    this.#isDue = false
    this.#intake = new SnapshotIntake()
  }

  /** @throws RangeError when a snapshot has to come first */
  logBegins(): void {
    if (this.isWaiting) throw new RangeError('LOG comes where a SNAPSHOT is due')
    this.#isLate = true
  }

  /** @throws RangeError when it has no place here */
  partReceived(message: ServerMessageOf<'SNAPSHOT_PART'>): void {
    this.#mayCome()
    this.#intake.add(message)
  }

  /** @throws RangeError when it has no place here, or is not whole */
  snapshotReceived(message: ServerMessageOf<'SNAPSHOT'>): void {
    this.#mayCome()
    if (lineageEnd(message.lineage) !== message.index)
      throw new RangeError('SNAPSHOT ends elsewhere than its lineage')
    const snapshot = this.#intake.complete(message)
    this.#isDue = false
    this.#isLate = true
    this.#startOver(snapshot)
  }

  #mayCome(): void {
    if (this.#isLate) throw new RangeError('SNAPSHOT comes after the log has begun')
  }

  #startOver(snapshot: Snapshot): void {
    const {
      log,
      commitment,
      cutting,
      sessions,
      directory,
      streams,
      children,
      clients,
      up,
      down,
      persistence,
    } = this.#parts
    const common = log.commonWith(snapshot.lineage)
    const cut = cutting.cutTo(common)
    const before = new Map(log.baseline().marks)
    const living = this.#numbersOfTheLiving()
    // What we have dropped of the common part is nobody's loss, even if its publisher is forgotten by now.
    const onlyOurs = common < log.base ? before : new Map<PublisherId, number>()
    streams.restartAt(common, before)
    log.restart(snapshot)
    this.#parts.expiry.restart()
    this.#parts.stability.restart()
    const { users, presence } = snapshot
    persistence.restarted({ ...log.baseline(), users, presence })
    const accounts = directory.restart(users, snapshot.index)
    this.#parts.presence.restart(presence, snapshot.index)
    clients.registration.restarted()
    sessions.restartNumbers(snapshot.marks)
    commitment.restartAt(snapshot.index)
    if (this.#parts.deadpool.path.length === 1) down.parentIsRoot()
    // They hang from a log that is no more: they come back at once and get a snapshot of their own.
    for (const child of [...children.all()]) down.dropChild(child, 'our log starts over from a snapshot')
    this.#unqueueWhatIsIn(snapshot.index)
    this.#parts.ownEntries.restartAt(snapshot.index)
    this.#parts.presenceDesk.sayAgain()
    this.#parts.takeovers.sayAgain()
    this.#skipWhatOnlyWeHad(onlyOurs, living)
    // The entries that registered them are kept no more, but the accounts are.
    for (const account of accounts) clients.registration.enterAgain(account)
    up.again(cut)
  }

  /**
   * How far those had come whose next entries are here, or will be: forgotten in the log that we are about to get, while
   * we were away and could not say that they live, they go on from there.
   */
  #numbersOfTheLiving(): Map<PublisherId, number> {
    const { log, ownEntries, sessions, queue } = this.#parts
    const living = new Set([ownEntries.publisher, ...sessions.publishers(), ...queue.publishers()])
    return new Map([...living].map((publisher) => [publisher, log.lastNumber(publisher)]))
  }

  /** What a snapshot brought into the log comes as no entry that would take it out of the queue. */
  #unqueueWhatIsIn(index: LogIndex): void {
    const { log, queue, acknowledgements } = this.#parts
    for (const { publisher, n } of queue.all()) {
      if (!log.has(publisher, n)) continue
      queue.remove(publisher, n)
      acknowledgements.logged(publisher, n, index)
    }
  }

  /**
   * Numbers that we have dropped, and that this log never had: a parting longer than the retention. Nobody can fill the
   * gap any more. We account for it, so that receivers are told, and what follows need not wait behind it for ever.
   */
  #skipWhatOnlyWeHad(
    dropped: ReadonlyMap<PublisherId, number>,
    living: ReadonlyMap<PublisherId, number>,
  ): void {
    const { log, ownEntries, outbox } = this.#parts
    const isAhead = ([publisher, last]: PublisherMark): boolean => last > log.lastNumber(publisher)
    const lost = [...dropped].filter(isAhead)
    // Who lives has come at least as far as what we dropped of it.
    ownEntries.skip([...new Map([...dropped, ...living])].filter(isAhead))
    if (lost.length === 0) return
    const count = lost.reduce((sum, [publisher, last]) => sum + last - log.lastNumber(publisher), 0)
    outbox.report({ event: 'history-lost', count, publishers: lost.length })
  }
}
