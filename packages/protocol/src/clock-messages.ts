/** What a root and a clock say to each other, over net-ipc. */
import type { Timestamp } from './ids.js'

/** Where a clock listens. */
export interface ClockPlace {
  readonly host: string
  readonly port: number
}

export type ClockMessage =
  /** Root → clock: give me `count` timestamps above `atLeast`. One request is out at a time. */
  | { readonly type: 'TIME'; readonly nonce: number; readonly count: number; readonly atLeast: Timestamp }
  /** Clock → root: `start`, `start + 1`, … `start + count - 1` are yours alone. */
  | { readonly type: 'GRANT'; readonly nonce: number; readonly start: Timestamp; readonly count: number }
  /** Clock → root: the request cannot be served; nothing was granted. */
  | { readonly type: 'TIME_REFUSED'; readonly nonce: number; readonly info: string }
  /** Clock → root: I am one of several clocks, and another one leads, as far as I know `leader`; nothing was granted. */
  | { readonly type: 'NOT_LEADER'; readonly nonce: number; readonly leader?: ClockPlace }

export type ClockMessageType = ClockMessage['type']

/** Most timestamps one request may ask for. */
export const maxGrantCount = 1_048_576
/** An `atLeast` further ahead of the clock's own time than this is refused: one liar must not spend the years. */
export const maxAheadMs = 86_400_000
