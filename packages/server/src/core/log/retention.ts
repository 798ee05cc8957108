/** How much of the log is kept once every server has it: what is older, or more, than the retention asks for is dropped. */
import type { LogIndex } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import { backlogStart } from '../presence/backlog.js'
import type { LogProjection } from '../projections/log-projection.js'
import type { Presence } from '../projections/presence.js'
import type { Persistence } from '../storage/persistence.js'
import type { TurnTime } from '../turn-time.js'
import type { Commit } from './commit.js'
import type { Downlink } from './downlink.js'
import { EntryAges } from './entry-ages.js'
import type { LogFollower } from './log-follower.js'
import { entryOverheadBytes, type Log } from './log.js'
import type { StableIndex } from './stable-index.js'

/** How often the log's tail is looked at. Retention is minutes long; a second is soon enough. */
const dropEveryMs = 1_000
/** While there is more than the retention asks for, it is memory that counts. */
const dropOftenMs = 100

export interface RetentionNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'limits'>
  readonly log: Pick<Log, 'last' | 'base' | 'bytes' | 'runsBetween' | 'dropTo'>
  readonly commit: Pick<Commit, 'applied'>
  readonly stable: Pick<StableIndex, 'index'>
  readonly downlink: Pick<Downlink, 'sentToAll'>
  readonly presence: Pick<Presence, 'rows'>
  readonly projections: Pick<LogProjection, 'settle'>
  readonly persistence: Pick<Persistence, 'dropped'>
  /** Publishers that wait for the log to become shorter. */
  readonly slowedPublishers: () => number
}

export class Retention implements LogFollower {
  readonly #needs: RetentionNeeds
  readonly #ages = new EntryAges()
  #nextDropMs = 0

  constructor(needs: RetentionNeeds) {
    this.#needs = needs
  }

  cutTo(end: LogIndex): void {
    this.#ages.cutTo(end)
  }

  /** All that the new log has, we have had since now. */
  restartAt(): void {
    this.#ages.cutTo(-1)
  }

  tick(): void {
    if (this.#needs.time.nowMs >= this.#nextDropMs) this.#dropOld()
  }

  /** Publishers may wait for the log to become shorter, and then nothing else need happen. */
  nextDeadlineMs(): number | undefined {
    return this.#needs.slowedPublishers() > 0 ? this.#nextDropMs : undefined
  }

  #dropOld(): void {
    const { log, time, options, persistence, projections } = this.#needs
    const isFull = log.bytes > options.limits.retentionBytes
    this.#nextDropMs = time.nowMs + (isFull ? dropOftenMs : dropEveryMs)
    this.#ages.look(log.last, time.nowMs)
    persistence.dropped(log.dropTo(this.#lastToDrop()))
    this.#ages.dropTo(log.base)
    projections.settle(log.base)
  }

  /** What every server has, and is older, or more, than the retention asks for. */
  #lastToDrop(): LogIndex {
    const { log, commit, stable, downlink, options } = this.#needs
    const droppable = Math.min(stable.index, commit.applied, downlink.sentToAll())
    const { retentionMs, backlogMs } = options.limits
    const oldUpTo = this.#ages.lastOlderThan(retentionMs)
    const oldInBacklogUpTo = this.#ages.lastOlderThan(Math.max(retentionMs, backlogMs))
    const backlogFrom = this.#backlogFrom()
    let drop = log.base
    let bytes = log.bytes
    let next = log.base + 1
    for (const run of log.runsBetween(next, droppable)) {
      const first = next
      next += run.count
      // A marker's timestamp only continues the log's: it tells no age, and goes with what follows it.
      if (run.kind === 'marker') continue
      for (let k = 0; k < run.count; k++) {
        const at = first + k
        const isOld = at <= (at > backlogFrom ? oldInBacklogUpTo : oldUpTo)
        if (!isOld && bytes <= options.limits.retentionBytes) return drop
        bytes -= run.ends[k]! - run.bodyStart(k) + entryOverheadBytes
        drop = at
      }
    }
    return drop
  }

  /** Where the backlog of users who are away begins; Infinity: there is none. */
  #backlogFrom(): LogIndex {
    const { presence, options } = this.#needs
    let from = Infinity
    for (const row of presence.rows())
      if (row.connections.length === 0) from = Math.min(from, backlogStart(row, options.limits.offline))
    return from
  }
}
