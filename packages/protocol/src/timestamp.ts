/**
 * Timestamps: milliseconds since 2020-01-01 UTC times 4096, plus a counter. They stay exact in a JavaScript
 * number (below 2^53) until the year 2089, and one server may take 4,096 of them per millisecond before the
 * clock has to borrow from the next one.
 */
import type { Timestamp } from './ids.js'

/** 2020-01-01T00:00:00Z in Unix milliseconds. */
export const timestampEpochUnixMs = 1_577_836_800_000
export const ticksPerMs = 4096

/** The first timestamp of a millisecond. Times before 2020 give 0. */
export function timestampAtUnixMs(unixMs: number): Timestamp {
  return Math.max(0, Math.floor(unixMs - timestampEpochUnixMs)) * ticksPerMs
}

export function unixMsOfTimestamp(timestamp: Timestamp): number {
  return Math.floor(timestamp / ticksPerMs) + timestampEpochUnixMs
}

export function isTimestamp(value: unknown): value is Timestamp {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
