/** What a clock among several is told, and what it wants done. */
import type { ClockAddress } from '@jwp/protocol'
import type { LeaseRecord, LeaseView } from './lease-record.js'

/** One moment, by two watches. */
export interface Moment {
  /** Milliseconds of a watch that nobody sets, since whenever; it may stand still while the machine sleeps. */
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
  /** Answers `write-lease`: somebody has written since `ifRevision`. */
  | { readonly type: 'lease-refused'; readonly view: LeaseView }
  /** Answers either: nobody knows what became of it. */
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
  /** Its own lease has run out before it could be renewed. Nobody else need have it. */
  | { readonly event: 'lease-lost'; readonly why: string }
  | { readonly event: 'store-lost'; readonly info: string }
  | { readonly event: 'store-back' }
