/**
 * The one thing that several clocks share: a record under one key of a store that compares before it writes. It holds
 * the leader, the length of its lease, and the ceiling that it may serve below, together, so that one comparison
 * guards all.
 */
import {
  count,
  finite,
  flag,
  MalformedMessage,
  port,
  record,
  text,
  type ClockAddress,
  type Timestamp,
} from '@jwp/protocol'
import { clockPeersOptions } from './clock-options.js'

export interface LeaseRecord {
  /** One run of one clock: a clock that is started again is another one. */
  readonly leader: string
  /** Where servers reach it. */
  readonly place: ClockAddress
  /** A clock that has seen this record unchanged for so long, and a tenth more, may put its own in its place. */
  readonly leaseMs: number
  /** Nothing at or above it has been served by any clock. */
  readonly ceiling: Timestamp
  /** The leader has left in order and serves nothing any more: there is nothing to wait for. */
  readonly released: boolean
}

/** The record as the store has it. Every write gets a revision above all before; 0: there is no record. */
export interface LeaseView {
  readonly revision: number
  readonly record: LeaseRecord | undefined
}

/**
 * Shorter, and the pauses of an ordinary machine end a lease; longer, and a network would be without a clock for too
 * long.
 */
const { min: minLeaseMs, max: maxLeaseMs } = clockPeersOptions.leaseMs

const check = record({
  leader: text(512),
  place: record({ host: text(256), port }),
  leaseMs: finite,
  ceiling: count,
  released: flag,
})

/** @throws MalformedMessage: the record was not written by a clock. */
export function leaseRecordFromWire(raw: unknown): LeaseRecord {
  const found: LeaseRecord = check(raw, 'the record')
  if (found.leaseMs < minLeaseMs || found.leaseMs > maxLeaseMs)
    throw new MalformedMessage(`leaseMs is not between ${minLeaseMs} and ${maxLeaseMs}`)
  return found
}
