/** What decides behind a clock's port: a clock of its own with its file, or one of several that share an etcd. */
import type { AskerId, ClockInput } from '@jwp/clock-server/core'
import type { ClockMessage, ClockAddress } from '@jwp/protocol'

export type AskerInput = Extract<ClockInput, { type: 'request' } | { type: 'asker-gone' }>

export type Answer = (asker: AskerId, message: ClockMessage) => void

export interface ClockState {
  readonly last: number
  readonly ceiling: number
  readonly served: number
  readonly refused: number
  readonly waiting: number
}

/** Of one of several clocks. */
export interface LeadershipState {
  readonly isLeader: boolean
  /** Milliseconds until this leader must have renewed its lease. */
  readonly leaseLeftMs: number
  /** Where the leader is, if another clock leads and is known. */
  readonly leader: ClockAddress | undefined
  /** How often this clock has begun to lead. */
  readonly terms: number
  /** Requests that were sent on to the leader. */
  readonly sentOn: number
  /** Calls to etcd that failed. */
  readonly storeFailures: number
  /** What keeps it from etcd, in words. */
  readonly trouble: string | undefined
}

export interface ClockEngine {
  /** Of several. Undefined: this is the only clock. */
  readonly leadership: LeadershipState | undefined
  readonly state: ClockState
  /** More for `/status`. */
  readonly about: object
  handle(input: AskerInput): void
  /** Everything is sent, written or given up. */
  stop(): Promise<void>
}
