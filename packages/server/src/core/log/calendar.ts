/**
 * Hybrid time: a root orders by it while no clock answers.
 *
 * `time.nowMs` comes from a monotonic clock. The calendar of the machine may be days off, be set, or move on while
 * the monotonic clock stood (the machine slept). So hybrid time continues from the log's time as the clock's grants
 * show it, or the positions of this server's entries; it follows the calendar forward, and never goes back.
 */
import { unixMsOfTimestamp, type LogRun, type PublisherId, type Timestamp } from '@jwp/protocol'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Log } from './log.js'

/** A difference above this, in milliseconds, is reported… */
const worthReportingMs = 60_000
/** …and reported again only after it has been below this. */
const agreesMs = 30_000
/** A step of the calendar below this, in milliseconds, is not worth a line in the log. */
const worthLoggingMs = 10_000

export interface Times {
  /** As the machine's calendar has it, in Unix milliseconds. */
  readonly machineMs: number
  /** As the log shows it, counted on by our own watch; undefined: it has not shown any yet. */
  readonly logMs: number | undefined
}

export interface CalendarNeeds {
  readonly self: Pick<Self, 'publisher'>
  readonly time: TurnTime
  readonly log: Pick<Log, 'lastTimestamp'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class Calendar {
  readonly #needs: CalendarNeeds
  /** Ahead of `time.nowMs`, each: the calendar… */
  #machineMs = 0
  /** …hybrid time… */
  #hybridMs = 0
  /** …and the log's time, since we last knew. */
  #logMs: number | undefined
  /** An entry of ours that is on its way to its place: when its place is known, so is the log's time. */
  #probe: { readonly n: number; readonly sentMs: number } | undefined
  #isTold = false

  constructor(needs: CalendarNeeds) {
    this.#needs = needs
  }

  get times(): Times {
    const { nowMs } = this.#needs.time
    return {
      machineMs: nowMs + this.#machineMs,
      logMs: this.#logMs === undefined ? undefined : nowMs + this.#logMs,
    }
  }

  /** Unix milliseconds. */
  get hybridMs(): number {
    return this.#needs.time.nowMs + this.#hybridMs
  }

  /** The calendar has gone another way than our watch. */
  shows(unixMs: number): void {
    const { time, outbox } = this.#needs
    const before = this.#machineMs
    this.#machineMs = unixMs - time.nowMs
    const byMs = this.#machineMs - before
    if (byMs > 0) {
      // Was it behind before, it may have been put right; else the machine slept, and the log's time went on without us.
      if (this.#hybridMs > before) this.#hybridMs = Math.max(this.#hybridMs, this.#machineMs)
      else this.#hybridMs += byMs
    }
    // What we knew of the log's time is as old as we slept, if we did.
    this.#logMs = undefined
    this.#probe = undefined
    if (Math.abs(byMs) >= worthLoggingMs) outbox.report({ event: 'calendar-jumped', byMs })
  }

  /** The clock gives this. Right above our log it says no more than that the log is there. */
  granted(start: Timestamp): void {
    const { log, time } = this.#needs
    this.#logMs = unixMsOfTimestamp(start) - time.nowMs
    if (start > log.lastTimestamp + 1) this.#hybridMs = this.#logMs
    this.#compare()
  }

  /** An entry of ours has left for its place. */
  published(publisher: PublisherId, n: number): void {
    const { self, time } = this.#needs
    if (publisher !== self.publisher) return
    // An answer after so long tells nothing of the time.
    const isLate = this.#probe !== undefined && time.nowMs - this.#probe.sentMs > agreesMs
    if (this.#probe === undefined || isLate) this.#probe = { n, sentMs: time.nowMs }
  }

  /** Entries that others have placed came into our log. */
  received(run: LogRun): void {
    if (run.kind === 'marker') return
    const { publisher, firstN, lastN, firstTimestamp, lastTimestamp } = run
    const n = this.#probe?.n
    if (publisher === this.#needs.self.publisher && n !== undefined && n >= firstN && n <= lastN)
      this.#answered(firstTimestamp + n - firstN)
    this.#noLessThan(lastTimestamp)
  }

  /** What we sent to learn the log's time has got its place then. */
  #answered(timestamp: Timestamp): void {
    const { nowMs } = this.#needs.time
    const unixMs = unixMsOfTimestamp(timestamp)
    const leastMs = unixMs - nowMs
    const mostMs = unixMs - this.#probe!.sentMs
    this.#probe = undefined
    this.#logMs = Math.min(mostMs, Math.max(leastMs, this.#logMs ?? this.#machineMs))
    this.#hybridMs = this.#logMs
    this.#compare()
  }

  /** An entry was placed before it came: the log's time is no less. */
  #noLessThan(timestamp: Timestamp): void {
    const leastMs = unixMsOfTimestamp(timestamp) - this.#needs.time.nowMs
    if (leastMs > (this.#logMs ?? this.#machineMs)) {
      this.#logMs = leastMs
      this.#hybridMs = Math.max(this.#hybridMs, leastMs)
      this.#compare()
    }
  }

  #compare(): void {
    const aheadMs = this.#machineMs - this.#logMs!
    if (Math.abs(aheadMs) < agreesMs) this.#isTold = false
    if (Math.abs(aheadMs) <= worthReportingMs || this.#isTold) return
    this.#isTold = true
    this.#needs.outbox.report({ event: 'time-differs', aheadMs })
  }
}
