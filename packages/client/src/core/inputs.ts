/** Every fact that can change a client's core. */
import type { Activity, Epoch, LinePosition, LogIndex } from '@jwp/protocol'

/** The caller's own number for one message, which later effects name. Later ones are higher. */
export type Ticket = number

export type ClientInput =
  | { readonly type: 'start' }
  /** The time that `nextDeadlineMs` asked for has come. */
  | { readonly type: 'tick' }
  /** The last `dial` has opened. */
  | { readonly type: 'connected' }
  | { readonly type: 'connect-failed'; readonly info: string }
  /** The connection is gone. Not sent after a `disconnect` of ours. */
  | { readonly type: 'disconnected' }
  /** One line of the server, parsed: any JSON value. `bytes`: its length, to bound what waits. */
  | { readonly type: 'command'; readonly value: unknown; readonly bytes?: number }
  /** A line that cannot be taken: too long, or no JSON. `place`: of the activity in it, as its end tells. */
  | { readonly type: 'unreadable'; readonly place: LinePosition | undefined; readonly info: string }
  | { readonly type: 'publish'; readonly ticket: Ticket; readonly activity: Activity }
  /** The caller no longer waits for this message. Answered by `failed`, unless it has settled. */
  | { readonly type: 'give-up'; readonly ticket: Ticket; readonly info: string }
  /** The program is done with the broadcast at this place, and with all before it. Need not be said of each. */
  | { readonly type: 'handled'; readonly epoch: Epoch; readonly index: LogIndex }
  /** `paused`: there is no room for more broadcasts. Answered by `hold` and `release`, as acknowledgements allow. */
  | { readonly type: 'reading'; readonly paused: boolean }
  /** `gracefully`: first wait until every message has settled. */
  | { readonly type: 'close'; readonly gracefully: boolean }
