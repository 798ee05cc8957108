/**
 * State that outlives the process (`--data`). Each turn's change leaves as one `store` effect; a piece that is about
 * to claim that something is kept waits here until the disk has it.
 *
 * Without a disk everything counts as stored at once, so no other piece has to ask which it is.
 */
import { countOf, type EntryRun, type LogIndex, type LogRun, type PublisherId } from '@jwp/protocol'
import type { Commit } from '../log/commit.js'
import type { LogFollower } from '../log/log-follower.js'
import { entryOverheadBytes, type Log } from '../log/log.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Directory } from '../projections/directory.js'
import type { LogProjection } from '../projections/log-projection.js'
import type { Presence } from '../projections/presence.js'
import type { Terms } from '../tree/terms.js'
import { QueueJournal } from './queue-journal.js'
import type { BaseAdvance, StoreChange, StoredBase } from './store-change.js'

/** Above this the disk is slower than the publishers: they are slowed, and a root orders nothing more. */
const slowAtBytes = 33_554_432
/** Above this a disk cannot keep up with a stream that others have ordered: better to leave than to fill the memory. */
const failAtBytes = 536_870_912

interface ChangeInFlight {
  readonly number: number
  readonly bytes: number
  /** The log ended here when the change was made, or was cut to here since. */
  last: LogIndex
}

type Writable<Of> = { -readonly [Key in keyof Of]: Of[Key] }

export interface PersistenceNeeds {
  readonly options: Pick<ServerOptions, 'disk'>
  readonly log: Pick<
    Log,
    | 'append'
    | 'base'
    | 'baseline'
    | 'baseNumber'
    | 'last'
    | 'lastEpochNumber'
    | 'lastNumber'
    | 'othersBetween'
    | 'publishersOf'
    | 'restart'
    | 'runsBetween'
  >
  readonly queue: Pick<OutboundQueue, 'journal' | 'restored'>
  readonly commit: Pick<Commit, 'index' | 'learned'>
  readonly terms: Pick<Terms, 'highest' | 'saw'>
  readonly directory: Pick<Directory, 'usersBetween'>
  readonly presence: Pick<Presence, 'changesUpTo'>
  readonly followers: Pick<LogFollower, 'restartAt'>
  readonly projections: Pick<LogProjection, 'restart'>
  readonly outbox: Pick<Outbox, 'push' | 'report'>
  /** Nothing more will be stored. What we keep in memory is as good as that of a server without a disk. */
  readonly onFailed: (info: string) => void
}

export class Persistence implements LogFollower {
  readonly #needs: PersistenceNeeds
  readonly isOn: boolean
  readonly #journal = new QueueJournal()
  #number = 0
  #storedNumber = 0
  #inFlight: ChangeInFlight[] = []
  #inFlightBytes = 0
  #waiting: { readonly number: number; readonly go: () => void }[] = []
  #failure: string | undefined

  /** The disk's log ends here, once everything in flight is written. */
  #end: LogIndex = 0
  #isCut = false
  /** Written for certain up to here. */
  #storedIndex: LogIndex
  #commit: LogIndex = 0
  #highestEpochNumber = 0
  #restart: StoredBase | undefined
  #drop: Writable<BaseAdvance> | undefined
  readonly #cursors = new Map<PublisherId, LogIndex>()
  #changedCursors = new Map<PublisherId, LogIndex>()

  constructor(needs: PersistenceNeeds) {
    this.#needs = needs
    this.isOn = needs.options.disk !== undefined
    this.#storedIndex = this.isOn ? 0 : Infinity
  }

  /** The log is safe here up to this index, as far as one server can keep it safe. */
  get storedIndex(): LogIndex {
    return this.#storedIndex
  }

  /** Why the disk takes nothing any more; undefined: it does. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** The disk is behind: take in no more than we must. */
  get isBehind(): boolean {
    return this.#inFlightBytes > slowAtBytes
  }

  /** Bytes that the disk has been given and has not confirmed. */
  get unstoredBytes(): number {
    return this.#inFlightBytes
  }

  /** Begins with what the run before has left; called once, before the first input. */
  restore(): void {
    const { options, log, queue, terms, commit, followers, projections } = this.#needs
    const state = options.disk?.restored
    if (!this.isOn) return
    if (state !== undefined) {
      const { base } = state
      projections.restart({ base, common: 0, droppedBefore: [] })
      log.restart(base)
      followers.restartAt(base.index)
      for (const run of state.runs) log.append(run)
      this.#end = this.#storedIndex = log.last
      this.#commit = Math.min(state.commit, log.last)
      commit.learned(this.#commit)
      this.#highestEpochNumber = state.highestEpochNumber
      terms.saw(Math.max(state.highestEpochNumber, log.lastEpochNumber))
      for (const [publisher, index] of state.cursors) this.#cursors.set(publisher, Math.min(index, log.last))
    }
    queue.journal = this.#journal
    for (const run of state?.queue ?? []) {
      // On the disk it is both only if a change was torn in two, which the shell rules out; the log has the last word.
      const inLog = run.countUpTo(log.lastNumber(run.publisher))
      if (inLog > 0) this.#journal.removed(run.slice(0, inLog))
      if (inLog < run.count) queue.restored(run.slice(inLog))
    }
  }

  /** Does it now if everything of this and earlier turns is stored, else as soon as it is. In the order of the calls. */
  onceStored(go: () => void): void {
    if (!this.isOn || (this.#waiting.length === 0 && this.#number === this.#storedNumber)) go()
    else this.#waiting.push({ number: this.#number, go })
  }

  /** The log was cut: what was stored beyond says nothing any more. */
  cutTo(end: LogIndex): void {
    for (const [publisher, index] of this.#cursors) if (index > end) this.confirmed(publisher, end)
    if (!this.isOn) return
    this.#storedIndex = Math.min(this.#storedIndex, end)
    for (const change of this.#inFlight) change.last = Math.min(change.last, end)
    if (end >= this.#end) return
    this.#end = end
    this.#isCut = true
  }

  restartAt(): void {
    // What is new on the disk is recorded in `restarted`; what was restored from it need not be written again.
  }

  /** The log began anew from a snapshot. */
  restarted(base: StoredBase): void {
    if (!this.isOn) return
    this.#restart = base
    this.#end = base.index
    this.#isCut = false
    this.#drop = undefined
    // Nothing that was stored of the old log counts for the new one; the baseline itself is about to be written.
    this.#storedIndex = 0
    for (const change of this.#inFlight) change.last = 0
  }

  /** These entries, the oldest that we had, are dropped from the log. */
  dropped(runs: readonly LogRun[]): void {
    if (!this.isOn || runs.length === 0) return
    const { log, directory, presence } = this.#needs
    const { index, lineage, lastTimestamp } = log.baseline()
    const marks = new Map(this.#drop?.marks)
    for (const run of runs)
      for (const publisher of log.publishersOf(run)) marks.set(publisher, log.baseNumber(publisher))
    const before = index - countOf(runs)
    const users = runs.some(({ kind }) => kind === 'register') ? directory.usersBetween(before, index) : []
    const seen = presence.changesUpTo(index)
    this.#drop = {
      index,
      lineage,
      lastTimestamp,
      marks: [...marks],
      others: [...(this.#drop?.others ?? []), ...log.othersBetween(before, index)],
      users: [...(this.#drop?.users ?? []), ...users],
      presence: {
        users: [...(this.#drop?.presence.users ?? []), ...seen.users],
        homes: [...(this.#drop?.presence.homes ?? []), ...seen.homes],
      },
    }
  }

  /** A session has confirmed what it has handled. */
  confirmed(publisher: PublisherId, index: LogIndex): void {
    if (this.#cursors.get(publisher) === index) return
    this.#cursors.set(publisher, index)
    if (this.isOn) this.#changedCursors.set(publisher, index)
  }

  /** The session is forgotten everywhere. */
  expired(publisher: PublisherId): void {
    if (this.#cursors.delete(publisher) && this.isOn) this.#changedCursors.set(publisher, 0)
  }

  /** How far this session had confirmed here, undefined if it never has. */
  cursorOf(publisher: PublisherId): LogIndex | undefined {
    return this.#cursors.get(publisher)
  }

  /** Gives the shell what has changed since the last call, if anything has. */
  collect(): void {
    if (!this.isOn || this.#failure !== undefined) return
    const change = this.#changeSince()
    if (change === undefined) return
    const number = ++this.#number
    const bytes = sizeOf(change)
    this.#inFlight.push({ number, bytes, last: this.#end })
    this.#inFlightBytes += bytes
    this.#needs.outbox.push({ type: 'store', change: { number, ...change } })
    if (this.#inFlightBytes > failAtBytes)
      this.failed(
        `the disk is too slow: ${Math.round(this.#inFlightBytes / 1_048_576)} MiB wait to be written`,
      )
  }

  /** The disk has everything up to this change. */
  stored(number: number): void {
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.number <= number) {
      const change = this.#inFlight.shift()!
      this.#inFlightBytes -= change.bytes
      this.#storedNumber = change.number
      this.#storedIndex = change.last
    }
    while (this.#waiting.length > 0 && this.#waiting[0]!.number <= this.#storedNumber)
      this.#waiting.shift()!.go()
  }

  /** The disk takes nothing any more. */
  failed(info: string): void {
    if (this.#failure !== undefined) return
    this.#failure = info
    this.#needs.outbox.report({ event: 'disk-failed', info })
    this.#needs.onFailed(info)
  }

  #changeSince(): Omit<StoreChange, 'number'> | undefined {
    const { log, terms, commit: committed } = this.#needs
    const change: Writable<Omit<StoreChange, 'number'>> = this.#journal.take()
    if (this.#restart !== undefined) change.restart = this.#restart
    if (this.#isCut) change.cutTo = this.#end
    const from = Math.max(this.#end, log.base) + 1
    if (log.last >= from) change.append = { from, runs: [...log.runsBetween(from, log.last)] }
    if (this.#drop !== undefined) change.drop = this.#drop
    if (terms.highest > this.#highestEpochNumber) change.highestEpochNumber = terms.highest
    if (this.#changedCursors.size > 0) change.cursors = [...this.#changedCursors]
    const commit = committed.index
    const isQuiet = this.#inFlight.length === 0 && commit === log.last
    // The mark rides along; by itself it is worth a write only when no other is to be expected.
    if (commit !== this.#commit && (isQuiet || Object.keys(change).length > 0)) change.commit = commit
    if (Object.keys(change).length === 0) return undefined
    this.#restart = undefined
    this.#isCut = false
    this.#drop = undefined
    this.#end = log.last
    this.#highestEpochNumber = terms.highest
    this.#commit = change.commit ?? this.#commit
    if (this.#changedCursors.size > 0) this.#changedCursors = new Map<PublisherId, LogIndex>()
    return change
  }
}

function sizeOf({ append, queued }: Omit<StoreChange, 'number'>): number {
  let bytes = entryOverheadBytes
  for (const run of append?.runs ?? []) bytes += sizeOfRun(run)
  for (const run of queued ?? []) bytes += sizeOfRun(run)
  return bytes
}

function sizeOfRun(run: EntryRun): number {
  return run.byteLength + run.count * entryOverheadBytes
}
