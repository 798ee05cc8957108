/**
 * Our log and the parent's have too little in common to go on from: what we lack is no longer kept. We install its
 * snapshot: its baseline and the tables under it take the place of all that we have, at once and as a whole.
 */
import type { LogIndex, PublisherId, PublisherMark, RegisterBody, ServerMessageOf } from '@jwp/protocol'
import { lineageEnd } from '@jwp/protocol'
import type { Acknowledgements } from '../clients/acknowledgements.js'
import type { Sessions } from '../clients/sessions.js'
import type { Outbox } from '../outbox.js'
import type { Directory } from '../projections/directory.js'
import type { LogProjection } from '../projections/log-projection.js'
import type { Self } from '../self.js'
import type { Persistence } from '../storage/persistence.js'
import type { Children } from '../tree/children.js'
import type { Deadpool } from '../tree/deadpool.js'
import type { ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { LogFollower } from './log-follower.js'
import type { LogIntake } from './log-intake.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'
import type { OwnEntries } from './own-entries.js'
import { SnapshotIntake } from './snapshot-intake.js'
import type { Snapshot } from './snapshot-parts.js'
import type { Truncation } from './truncation.js'
import type { Uplink } from './uplink.js'

export interface SnapshotInstallNeeds {
  readonly self: Pick<Self, 'publisher'>
  readonly log: Pick<Log, 'base' | 'baseline' | 'commonWith' | 'has' | 'lastNumber' | 'restart'>
  readonly queue: Pick<OutboundQueue, 'publishers' | 'take'>
  readonly truncation: Pick<Truncation, 'cutTo'>
  readonly followers: Pick<LogFollower, 'restartAt'>
  readonly projections: Pick<LogProjection, 'restart' | 'endRestart'>
  readonly persistence: Pick<Persistence, 'restarted'>
  readonly intake: Pick<LogIntake, 'acknowledgeAll'>
  readonly uplink: Pick<Uplink, 'again'>
  readonly children: Pick<Children, 'all' | 'drop'>
  readonly deadpool: Pick<Deadpool, 'path'>
  readonly sessions: Pick<Sessions, 'publishers'>
  readonly acknowledgements: Pick<Acknowledgements, 'logged'>
  readonly directory: Pick<Directory, 'takeDisplaced'>
  readonly ownEntries: Pick<OwnEntries, 'skip'>
  readonly outbox: Pick<Outbox, 'report'>
  /** The entry that registered this account is in no log any more, but the account is here. */
  readonly onDisplaced: (account: RegisterBody) => void
}

export class SnapshotInstall implements TreeListener {
  readonly #needs: SnapshotInstallNeeds
  #intake = new SnapshotIntake()
  /** What we keep begins beyond what we have in common with the root's log: only a snapshot can follow. */
  #isDue = false
  /** The parent's log has begun: what comes before it comes no more. */
  #isLate = false
  #common: LogIndex = 0

  constructor(needs: SnapshotInstallNeeds) {
    this.#needs = needs
  }

  /** A snapshot is to come, or is coming: our log is not the tree's, and will be no more. */
  get isWaiting(): boolean {
    return this.#isDue || !this.#intake.isEmpty
  }

  /** Of what we have applied the tree has the same up to here, for certain. */
  get agreedUpTo(): LogIndex {
    return this.isWaiting ? this.#common : Infinity
  }

  parentFound({ common }: Pick<ParentFound, 'common'>): void {
    this.parentLost()
    this.#isDue = common < this.#needs.log.base
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
    this.#install(snapshot)
  }

  #mayCome(): void {
    if (this.#isLate) throw new RangeError('SNAPSHOT comes after the log has begun')
  }

  #install(snapshot: Snapshot): void {
    const { log, truncation, followers, projections, persistence, intake, children, uplink } = this.#needs
    const { deadpool, directory, onDisplaced } = this.#needs
    const common = log.commonWith(snapshot.lineage)
    const cut = truncation.cutTo(common)
    const droppedBefore = log.baseline().marks
    const living = this.#numbersOfTheLiving()
    // What this server has dropped of the common part is lost to no server, even if its publisher is forgotten by
    // now.
    const onlyOurs = new Map(common < log.base ? droppedBefore : [])
    projections.restart({ base: snapshot, common, droppedBefore })
    log.restart(snapshot)
    followers.restartAt(snapshot.index)
    persistence.restarted({ ...log.baseline(), users: snapshot.users, presence: snapshot.presence })
    if (deadpool.path.length === 1) intake.acknowledgeAll()
    // They follow a log that is no more: they come back at once and get a snapshot of their own.
    for (const child of [...children.all()])
      children.drop(child, 'this server replaces its log by a snapshot')
    this.#unqueueWhatIsIn(snapshot.index)
    projections.endRestart(snapshot.index)
    this.#skipWhatOnlyWeHad(onlyOurs, living)
    for (const account of directory.takeDisplaced()) onDisplaced(account)
    uplink.again(cut)
  }

  /**
   * The last numbers of publishers whose next entries are here, or will be. If they were forgotten in the new log
   * while this server was away and could not publish `keep`, they continue from there.
   */
  #numbersOfTheLiving(): Map<PublisherId, number> {
    const { self, log, sessions, queue } = this.#needs
    const living = new Set([self.publisher, ...sessions.publishers(), ...queue.publishers()])
    return new Map([...living].map((publisher) => [publisher, log.lastNumber(publisher)]))
  }

  /** What a snapshot brought into the log comes as no entry that would take it out of the queue. */
  #unqueueWhatIsIn(index: LogIndex): void {
    const { log, queue, acknowledgements } = this.#needs
    for (const publisher of [...queue.publishers()]) {
      const gone = queue.take(publisher, 1, log.lastNumber(publisher))
      const last = gone.at(-1)?.lastN
      if (last !== undefined) acknowledgements.logged(publisher, last, index)
    }
  }

  /**
   * Numbers that this server has dropped, and that this log never had: a partition longer than the retention. The gap
   * cannot be filled any more. It is accounted for, so that receivers are told, and what follows need not wait behind
   * it for ever.
   */
  #skipWhatOnlyWeHad(
    dropped: ReadonlyMap<PublisherId, number>,
    living: ReadonlyMap<PublisherId, number>,
  ): void {
    const { log, ownEntries, outbox } = this.#needs
    const isAhead = ([publisher, last]: PublisherMark): boolean => last > log.lastNumber(publisher)
    const lost = [...dropped].filter(isAhead)
    // A live publisher has come at least as far as what was dropped of it here.
    ownEntries.skip([...new Map([...dropped, ...living])].filter(isAhead))
    if (lost.length === 0) return
    const count = lost.reduce((sum, [publisher, last]) => sum + last - log.lastNumber(publisher), 0)
    outbox.report({ event: 'history-lost', count, publishers: lost.length })
  }
}
