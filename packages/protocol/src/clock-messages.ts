/** What a root and a clock say to each other, over net-ipc. */
import type { Timestamp } from './ids.js'

/** Where a clock listens. */
export type ClockAddress = { readonly host: string; readonly port: number }

/** Where a root may find its clock: there, or if there are several, at one of these as well. */
export type ClockAddresses = ClockAddress & { readonly standbys?: readonly ClockAddress[] }

/** Most standbys that are known to a server. */
export const maxStandbys = 15

export type ClockMessage =
  /** Root → clock: give me `count` timestamps above `atLeast`. One request is out at a time. */
  | { readonly type: 'TIME'; readonly nonce: number; readonly count: number; readonly atLeast: Timestamp }
  /** Clock → root: `start`, `start + 1`, … `start + count - 1` are yours alone. */
  | { readonly type: 'GRANT'; readonly nonce: number; readonly start: Timestamp; readonly count: number }
  /** Clock → root: the request cannot be served; nothing was granted. */
  | { readonly type: 'TIME_REFUSED'; readonly nonce: number; readonly info: string }
  /** Clock → root: I am one of several clocks, and another one leads, as far as I know `leader`; nothing was granted. */
  | { readonly type: 'NOT_LEADER'; readonly nonce: number; readonly leader?: ClockAddress }

export type ClockMessageType = ClockMessage['type']

/** Most timestamps one request may ask for. */
export const maxGrantCount = 1_048_576
/** An `atLeast` further ahead of the clock's own time than this is refused: one liar must not spend the years. */
export const maxAheadMs = 86_400_000
