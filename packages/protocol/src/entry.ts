/** One entry of the ordered log, before and after the root has given it its place. */
import type { Epoch, PublisherId, Timestamp } from './ids.js'

/**
 * What an entry means.
 * - `activity`: body is the finished ACTIVITY_BROADCAST line with its newline, UTF-8.
 * - `register`: body is the JSON of a `RegisterBody`, UTF-8.
 * - `barrier`: no body; asks the log "what do you know by now?" (a login of a name not seen yet waits for it).
 * - `skip`: body is the JSON of `[publisher, n]` pairs: the numbers of these publishers up to these are accounted for,
 *   in a part of the log that this tree never had and that its only holders have dropped. What follows them may follow.
 * - `expire`: body as that of `skip`: publishers that were silent for the session lifetime are forgotten, unless they
 *   have gone beyond these numbers meanwhile.
 * - `keep`: body is the JSON of a list of publishers that are silent, but not gone.
 * - `login`: body is the JSON of a `LoginBody`: these users are connected to the server that says so.
 * - `logout`: body is the JSON of a `LogoutBody`: one of them is no longer, and has got the log up to a place.
 * - `gone`: body is the JSON of a `GoneBody`: a server is in the tree no more, nor are those connected to it.
 * - `delivered`: body is the JSON of a `DeliveredBody`: how far those connected to a server have got the log.
 * - `resumed`: body is the JSON of a `ResumedBody`: clients of the server that says so go on with sessions.
 * - `marker`: no body, no publisher; opens every epoch and makes every stale tail in the tree get cut.
 */
export type EntryKind =
  | 'activity'
  | 'register'
  | 'barrier'
  | 'marker'
  | 'skip'
  | 'expire'
  | 'keep'
  | 'login'
  | 'logout'
  | 'gone'
  | 'delivered'
  | 'resumed'

/** The order fixes the numbers on the wire: append only. */
export const entryKinds: readonly EntryKind[] = [
  'activity',
  'register',
  'barrier',
  'marker',
  'skip',
  'expire',
  'keep',
  'login',
  'logout',
  'gone',
  'delivered',
  'resumed',
]

/** An entry on its way up: its identity is (publisher, n), and the log holds every publisher's n without gaps. */
export interface PendingEntry {
  readonly publisher: PublisherId
  /** 1, 2, 3… per publisher. */
  readonly n: number
  readonly kind: EntryKind
  readonly body: Uint8Array
}

/** An entry in the log. Its index is its place there and is not repeated inside. */
export interface LogEntry extends PendingEntry {
  readonly epoch: Epoch
  readonly timestamp: Timestamp
}

/** The publisher of marker entries, which belong to no publisher. */
export const noPublisher = '' as PublisherId

/** A registration as the log keeps it: never the secret itself. */
export interface RegisterBody {
  readonly username: string
  /** Hex. */
  readonly salt: string
  /** scrypt of secret and salt, hex. */
  readonly verifier: string
}
