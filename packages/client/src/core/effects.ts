/** Everything a client's core can ask of its shell. Effects are executed in the order given. */
import type {
  AckLevel,
  Activity,
  ClientCommand,
  Endpoint,
  Epoch,
  LogIndex,
  PublisherId,
  Timestamp,
} from '@jwp/protocol'
import type { Ticket } from './inputs.js'

/** One activity, as every client of the network sees it, in the order in which every client sees it. */
export interface Broadcast {
  readonly activity: Activity
  /** `authenticated_user`, set by the publisher's server. */
  readonly user: string
  /** The publisher: one session of one user. */
  readonly publisher: PublisherId
  /** The publisher's own number: 1, 2, 3… without gaps. */
  readonly n: number
  readonly timestamp: Timestamp
  /** Position in the log. */
  readonly epoch: Epoch
  readonly index: LogIndex
  /** We published it ourselves, in this session. */
  readonly own: boolean
}

export type ClientEffect =
  /** Open a connection. Answered by `connected` or `connect-failed`, unless `disconnect` comes first. */
  | { readonly type: 'dial'; readonly endpoint: Endpoint }
  | { readonly type: 'send'; readonly command: ClientCommand }
  /** Close the connection, or give up dialling, after what was sent has left. */
  | { readonly type: 'disconnect' }
  /** Do not read the connection for now; its successor is read again. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** `bytes`: length of the line that it came in, in bytes. */
  | { readonly type: 'deliver'; readonly broadcast: Broadcast; readonly bytes: number }
  /** The message is as safe as was asked for. */
  | { readonly type: 'settled'; readonly ticket: Ticket; readonly id: number; readonly level: AckLevel }
  /** `mayHaveHappened`: it was sent, and its fate is unknown; else it surely was not published. */
  | {
      readonly type: 'failed'
      readonly ticket: Ticket
      readonly mayHaveHappened: boolean
      readonly info: string
    }
  | { readonly type: 'report'; readonly event: ClientEvent }
  /** The client is done. `error`: why it had to give up. */
  | { readonly type: 'stop'; readonly error: ClientStopError | undefined }

export type ClientEvent =
  | { readonly event: 'online'; readonly server: Endpoint; readonly resumed: boolean }
  | { readonly event: 'offline'; readonly server: Endpoint | undefined; readonly info: string }
  | { readonly event: 'redirected'; readonly to: Endpoint }
  /** Activities that are no longer kept anywhere: we missed these. */
  | { readonly event: 'gap'; readonly from: LogIndex; readonly to: LogIndex; readonly missed: number }
  /** A user has come or gone; `timestamp` undefined: we learned it from a list, and cannot tell when that was. */
  | {
      readonly event: 'presence'
      readonly username: string
      readonly online: boolean
      readonly timestamp: Timestamp | undefined
    }
  | { readonly event: 'warning'; readonly info: string }

export interface ClientStopError {
  readonly kind: 'login-failed' | 'refused' | 'taken-over'
  readonly info: string
}
