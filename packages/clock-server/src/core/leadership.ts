/**
 * Which of several clocks leads: a lease that every clock measures by its own monotonic clock, and no two hold at
 * once.
 *
 * The leader writes the record again and again, each time only if no other has written since its own last write. It
 * counts on its lease from the moment *before* a write that succeeded left. A standby counts from the moment *after*
 * it first saw a record, waits a tenth longer, and writes only if the record is still that one. So the standby's wait
 * begins after the leader's and ends after it, as long as no monotonic clock runs a tenth faster than another; and
 * whatever these do, a leader that was replaced raises no ceiling any more.
 */
import { timestampAtUnixMs, ticksPerMs, type ClockAddress, type Timestamp } from '@jwp/protocol'
import type { LeadershipEffect, LeadershipInput, Moment } from './leadership-facts.js'
import type { LeaseRecord, LeaseView } from './lease-record.js'

export interface LeadershipOptions {
  /** This run of this clock, unlike any other. */
  readonly id: string
  /** Where servers reach this clock. */
  readonly place: ClockAddress
  /**
   * How long a leader that cannot be heard stays the leader, in milliseconds. Raise: short troubles of the store and
   * of busy machines pass unnoticed. Lower: a leader that died is replaced sooner. The record is written four times
   * in that time.
   */
  readonly leaseMs: number
}

/** How much longer than the lease a standby waits: watches may differ by so much. */
const standbyFactor = 1.1
const renewalsPerLease = 4
const looksPerLease = 5
/** Most reasons that are reported while the store does not serve. */
const maxTroublesReported = 8

interface Term {
  /** The ceiling of the term before: above it is ours. */
  readonly beganAt: Timestamp
  ceiling: Timestamp
  /** The end of the lease, by whichever watch comes first: one of them may have slept. */
  until: Moment
}

const longAgo: Moment = { steadyMs: -Infinity, unixMs: -Infinity }

type Call =
  | { readonly kind: 'read' }
  | {
      readonly kind: 'write'
      readonly record: LeaseRecord
      /** The ceiling that it raises. */
      readonly above: Timestamp
      readonly sent: Moment
    }

export class Leadership {
  readonly #options: LeadershipOptions
  #now: Moment = { steadyMs: 0, unixMs: 0 }
  #view: LeaseView | undefined
  /** When we first saw this revision. */
  #seenSinceMs = 0
  /** The highest ceiling that we ever saw or wrote: a store that forgets must not make us forget. */
  #floor: Timestamp = 0
  /** The last record in the store is ours, for all we know. */
  #term: Term | undefined
  #call: Call | undefined
  #nextCallMs = 0
  #wanted: Timestamp = 0
  #trouble: string | undefined
  /** Reasons that were reported since the store answered last, each once. */
  readonly #troublesReported = new Set<string>()
  #hasStore = true
  /** What was reported last about the leader: `leads`, `none`, or where. */
  #told = 'none'
  #ending: 'no' | 'wanted' | 'done' = 'no'
  #terms = 0
  #effects: LeadershipEffect[] = []

  constructor(options: LeadershipOptions) {
    this.#options = options
  }

  handle(input: LeadershipInput, now: Moment): readonly LeadershipEffect[] {
    this.#now = now
    this.#dispatch(input)
    this.#act()
    this.#tell()
    return this.#effects.splice(0)
  }

  /** By the watch that is not set. */
  nextDeadlineMs(): number | undefined {
    const until = this.#told === 'leads' ? this.#term?.until.steadyMs : undefined
    if (this.#call !== undefined || this.#ending === 'done') return until
    // A store that failed is asked again in its time, and no sooner.
    const isFree = this.#term === undefined && this.#hasStore
    const next = isFree ? Math.min(this.#nextCallMs, this.#freeAtMs()) : this.#nextCallMs
    return until === undefined ? next : Math.min(next, until)
  }

  /** It is certain at this moment that no other clock serves. */
  isLeading(now: Moment): boolean {
    if (this.#term === undefined || this.#ending !== 'no') return false
    const { until } = this.#term
    return now.steadyMs < until.steadyMs && now.unixMs < until.unixMs
  }

  /** The ceiling in the store while the last record there is ours. */
  get ceiling(): Timestamp | undefined {
    return this.#term?.ceiling
  }

  /** Where the timestamps of this term begin. */
  get beganAt(): Timestamp {
    return this.#term?.beganAt ?? this.#floor
  }

  /** How often this clock has begun to lead. */
  get terms(): number {
    return this.#terms
  }

  /** What keeps us from the store, in words. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  leaseLeftMs(now: Moment): number {
    if (!this.isLeading(now)) return 0
    const { until } = this.#term!
    return Math.min(until.steadyMs - now.steadyMs, until.unixMs - now.unixMs)
  }

  /** Where the leader is if it is another clock, and was heard of within its lease. */
  leaderAt(now: Moment): ClockAddress | undefined {
    const record = this.#view?.record
    if (record === undefined || record.leader === this.#options.id || record.released) return undefined
    return now.steadyMs < this.#seenSinceMs + record.leaseMs * standbyFactor ? record.place : undefined
  }

  /** The ceiling is to be raised as soon as it can. */
  want(ceiling: Timestamp, now: Moment): readonly LeadershipEffect[] {
    this.#now = now
    if (this.#term !== undefined) this.#wanted = Math.max(this.#wanted, ceiling)
    this.#act()
    return this.#effects.splice(0)
  }

  #dispatch(input: LeadershipInput): void {
    switch (input.type) {
      case 'start':
        this.#nextCallMs = this.#now.steadyMs
        return
      case 'tick':
        return
      case 'lease-read':
      case 'lease-refused':
        this.#call = undefined
        this.#storeAnswers()
        return this.#saw(input.view)
      case 'lease-written':
        return this.#wrote(input.revision)
      case 'store-failed':
        return this.#failed(input.info)
      case 'release':
        if (this.#ending === 'no') this.#ending = 'wanted'
    }
  }

  /** Asks the store for the next thing, if it is time and nothing else is asked. */
  #act(): void {
    if (this.#call !== undefined || this.#ending === 'done') return
    if (this.#ending === 'wanted' && this.#term === undefined) return this.#end()
    const isDue = this.#now.steadyMs >= this.#nextCallMs
    if (this.#term !== undefined) {
      const isUrgent = this.#ending === 'wanted' || this.#wanted > this.#term.ceiling
      if (isDue || (isUrgent && this.#hasStore)) this.#write()
    } else if (this.#view !== undefined && this.#now.steadyMs >= this.#freeAtMs()) {
      if (isDue || this.#hasStore) this.#write()
    } else if (isDue) {
      this.#call = { kind: 'read' }
      this.#effects.push({ type: 'read-lease' })
    }
  }

  /** When the lease that we see is certainly over. */
  #freeAtMs(): number {
    if (this.#view === undefined) return Infinity
    const { record } = this.#view
    if (record?.released === true) return -Infinity
    // Where there is no record one may have been taken away, and its leader serve for as long as before.
    return this.#seenSinceMs + (record?.leaseMs ?? this.#options.leaseMs) * standbyFactor
  }

  #write(): void {
    const { id, place, leaseMs } = this.#options
    // Room for one lease: a clock that cannot write for longer does not lead any more. The next leader begins at the
    // ceiling, so more room would only make its timestamps run ahead of the time.
    const room = timestampAtUnixMs(this.#now.unixMs) + leaseMs * ticksPerMs
    const above = this.#floor
    const released = this.#ending === 'wanted'
    const ceiling = released ? above : Math.max(above, this.#wanted, room)
    const record = { leader: id, place, leaseMs, ceiling, released }
    this.#call = { kind: 'write', record, above, sent: this.#now }
    this.#effects.push({ type: 'write-lease', ifRevision: this.#view!.revision, record })
  }

  #wrote(revision: number): void {
    const call = this.#call
    this.#call = undefined
    if (call?.kind !== 'write') return
    this.#storeAnswers()
    const { record, above, sent } = call
    this.#view = { revision, record }
    this.#floor = Math.max(this.#floor, record.ceiling)
    if (record.released) return this.#end()
    const { leaseMs } = record
    if (this.#term === undefined) this.#terms++
    this.#term = {
      beganAt: this.#term?.beganAt ?? above,
      ceiling: record.ceiling,
      until: { steadyMs: sent.steadyMs + leaseMs, unixMs: sent.unixMs + leaseMs },
    }
    this.#nextCallMs = sent.steadyMs + leaseMs / renewalsPerLease
  }

  /** The store shows this record. */
  #saw(view: LeaseView): void {
    const { record } = view
    if (view.revision !== this.#view?.revision) this.#seenSinceMs = this.#now.steadyMs
    this.#view = view
    this.#floor = Math.max(this.#floor, record?.ceiling ?? 0)
    if (record?.leader === this.#options.id && !record.released) {
      // A write whose answer was lost. The lease counts from the next one, whose sending time is known.
      if (this.#term === undefined) this.#terms++
      this.#term = { until: longAgo, beganAt: this.#floor, ...this.#term, ceiling: record.ceiling }
      this.#nextCallMs = this.#now.steadyMs
      return
    }
    if (view.revision === 0 && this.isLeading(this.#now)) {
      // The store has forgotten us. Others wait now as long as if we were heard of: we are back before they come.
      this.#nextCallMs = this.#now.steadyMs
      return
    }
    this.#term = undefined
    this.#wanted = 0
    this.#nextCallMs = this.#now.steadyMs + this.#options.leaseMs / looksPerLease
  }

  #failed(info: string): void {
    this.#call = undefined
    this.#trouble = info
    // Another reason than before is news, too: first it did not answer, then what it holds turns out to be no clock's.
    if (!this.#troublesReported.has(info) && this.#troublesReported.size < maxTroublesReported) {
      this.#troublesReported.add(info)
      this.#effects.push({ type: 'report', event: { event: 'store-lost', info } })
    }
    this.#hasStore = false
    this.#nextCallMs = this.#now.steadyMs + this.#options.leaseMs / looksPerLease
    // Others wait for the lease instead.
    if (this.#ending === 'wanted') this.#end()
  }

  #storeAnswers(): void {
    this.#trouble = undefined
    this.#troublesReported.clear()
    if (!this.#hasStore) this.#effects.push({ type: 'report', event: { event: 'store-back' } })
    this.#hasStore = true
  }

  #end(): void {
    this.#term = undefined
    this.#ending = 'done'
    this.#effects.push({ type: 'released' })
  }

  /** Says once what has become of the leadership. */
  #tell(): void {
    if (this.#ending !== 'no') return
    const leader = this.leaderAt(this.#now)
    const isLeading = this.isLeading(this.#now)
    const now = isLeading ? 'leads' : leader === undefined ? 'none' : `${leader.host}:${leader.port}`
    if (now === this.#told) return
    if (isLeading) this.#effects.push({ type: 'report', event: { event: 'leads' } })
    else if (this.#told === 'leads')
      this.#effects.push({
        type: 'report',
        event: { event: 'lease-lost', why: this.#trouble ?? 'it was not renewed in time' },
      })
    if (leader !== undefined) this.#effects.push({ type: 'report', event: { event: 'follows', leader } })
    this.#told = now
  }
}
