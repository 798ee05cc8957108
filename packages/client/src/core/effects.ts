/** What a client's core wants done. */
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

export type ClientEffect =
  /** Open a connection. Answered by `connected` or `connect-failed`, unless `disconnect` comes first. */
  | { readonly type: 'dial'; readonly endpoint: Endpoint }
  | { readonly type: 'send'; readonly command: ClientCommand }
  /** Flush and end the connection, or the attempt; nothing more is wanted from it. */
  | { readonly type: 'disconnect' }
  /** Give this to the application. Each activity comes exactly once, in the order of the log. */
  | { readonly type: 'deliver'; readonly broadcast: Broadcast }
  /** A publish is as safe as was asked for, or safer. */
  | { readonly type: 'settled'; readonly ticket: Ticket; readonly id: number; readonly level: AckLevel }
  /** A publish has ended otherwise. `mayHaveHappened` false: it was surely not published. */
  | {
      readonly type: 'failed'
      readonly ticket: Ticket
      readonly mayHaveHappened: boolean
      readonly reason: string
    }
  | { readonly type: 'report'; readonly event: ClientEvent }
  /** The end: no input matters any more, no effect follows. */
  | { readonly type: 'stop'; readonly reason: StopReason }

export type ClientEffectOf<Type extends ClientEffect['type']> = Extract<ClientEffect, { type: Type }>

export interface Broadcast {
  /** Who published it, as the server has checked. */
  readonly user: string
  /** As published, with `authenticated_user` added. */
  readonly activity: Activity
  /** When it was ordered: see `unixMsOfTimestamp`. */
  readonly timestamp: Timestamp
  readonly epoch: Epoch
  /** Its place in the log, the same for everybody. */
  readonly index: LogIndex
  /** The session that published it, and that session's number of it. */
  readonly publisher: PublisherId
  readonly n: number
}

export type ClientEvent =
  /** Logged in. `resumed`: the session and the delivery go on where they were. */
  | {
      readonly type: 'connected'
      readonly endpoint: Endpoint
      readonly publisher: PublisherId
      readonly resumed: boolean
    }
  /** The connection was lost or left; another server is tried. */
  | { readonly type: 'disconnected'; readonly endpoint: Endpoint; readonly why: string }
  | { readonly type: 'connect-failed'; readonly endpoint: Endpoint; readonly why: string }
  | { readonly type: 'redirected'; readonly endpoint: Endpoint }
  /** The retention has passed us by. `count` log entries will never come; some of them may not be activities. */
  | { readonly type: 'gap'; readonly from: LogIndex; readonly to: LogIndex; readonly count: number }
  /**
   * The network has lost more of this session than we keep, so the session was given up and a new one begins.
   * `uncertain` publishes were on their way: these have failed with `mayHaveHappened`, or were only `held`.
   */
  | { readonly type: 'session-renewed'; readonly uncertain: number }

export interface StopReason {
  /**
   * - `closed`: as asked for.
   * - `login-failed`: name or secret are wrong, or the account was lost.
   * - `unreachable`: no server let us in within the limit of the options.
   * - `unsupported`: the server does not grant what this library needs.
   * - `refused`: servers refuse what we say, again and again.
   */
  readonly why: 'closed' | 'login-failed' | 'unreachable' | 'unsupported' | 'refused'
  readonly info: string
}
