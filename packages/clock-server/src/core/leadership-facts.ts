/** Inputs and effects of a clock among several. */
import type { ClockAddress } from '@jwp/protocol'
import type { LeaseRecord, LeaseView } from './lease-record.js'

/** One moment, by two watches. */
export interface Moment {
  /** Milliseconds of a monotonic clock, since any moment; it may stand still while the machine sleeps. */
  readonly steadyMs: number
  /** Unix milliseconds, as the machine has them; they may jump. */
  readonly unixMs: number
}

export type LeadershipInput =
  | { readonly type: 'start' }
  /** Answers `read-lease`. */
  | { readonly type: 'lease-read'; readonly view: LeaseView }
  /** Answers `write-lease`: it is done, and survives. */
  | { readonly type: 'lease-written'; readonly revision: number }
  /** Answers `write-lease`: another clock has written since `ifRevision`. */
  | { readonly type: 'lease-refused'; readonly view: LeaseView }
  /** Answers either: its outcome is unknown. */
  | { readonly type: 'store-failed'; readonly info: string }
  | { readonly type: 'tick' }
  /** This clock ends in order. */
  | { readonly type: 'release' }

/** The store is asked one thing at a time, and each is answered once. */
export type LeadershipEffect =
  | { readonly type: 'read-lease' }
  /** Write it if the record's revision is this one (0: if there is none). */
  | { readonly type: 'write-lease'; readonly ifRevision: number; readonly record: LeaseRecord }
  | { readonly type: 'report'; readonly event: LeadershipEvent }
  /** `release` is through, one way or the other. */
  | { readonly type: 'released' }

export type LeadershipEvent =
  | { readonly event: 'leads' }
  | { readonly event: 'follows'; readonly leader: ClockAddress }
  /** Its own lease has run out before it could be renewed. No other clock need have it. */
  | { readonly event: 'lease-lost'; readonly why: string }
  | { readonly event: 'store-lost'; readonly info: string }
  | { readonly event: 'store-back' }
