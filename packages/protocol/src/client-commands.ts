/**
 * The JSON-line protocol between clients and servers: the public ActivityStreamer commands and JWP's features.
 * These types describe well-formed lines; what arrives is `unknown` until the server's core has looked at it.
 */
import type { Endpoint } from './address.js'
import type { Epoch, LogIndex, PublisherId, SessionToken, Timestamp } from './ids.js'
import type { Lineage } from './lineage.js'
import type { VersionRange } from './versions.js'

export const features = ['ack', 'resume', 'servers', 'presence'] as const
export type Feature = (typeof features)[number]

/**
 * - `held`: the server's parent keeps a copy (survives any one crash).
 * - `logged`: it has its log position (survives while the root or one of its children or this server lives).
 * - `everywhere`: every attached server has applied it (survives while one server lives).
 *
 * A higher level satisfies a lower one.
 */
export const ackLevels = ['held', 'logged', 'everywhere'] as const
export type AckLevel = (typeof ackLevels)[number]

/** What a client must show to go on with its session somewhere else. */
export interface Resume {
  /** The secret half, from LOGIN_SUCCESS. */
  readonly session: SessionToken
  /** From LOGIN_SUCCESS: the public half, with the mark of a holder if it had one. */
  readonly publisher: PublisherId
  /** What the client has seen. Missing: what it has confirmed with DELIVERED, as far as the asked server knows. */
  readonly lineage: Lineage | undefined
}

export type Activity = Readonly<Record<string, unknown>>

/** What a client may say. */
export type ClientCommand =
  | {
      readonly command: 'LOGIN'
      /** `anonymous` needs no secret. */
      readonly username: string
      readonly secret?: string | null
      readonly features?: readonly Feature[]
      /** With any feature: what the client can speak; absent: version 1. */
      readonly versions?: VersionRange
      /** With `ack`; default `logged`. */
      readonly ackLevel?: AckLevel
      /** With `resume`. */
      readonly resume?: Resume
      /** With `ack` or `resume`: the holder of the session, a different text for each program that may hold it. */
      readonly holder?: string
    }
  | {
      readonly command: 'REGISTER'
      readonly username: string
      readonly secret: string
      readonly features?: readonly Feature[]
    }
  | { readonly command: 'LOGOUT' }
  | {
      readonly command: 'ACTIVITY_MESSAGE'
      readonly username?: string
      readonly secret?: string | null
      readonly activity: Activity
      /** With `ack`: the client's own counter, 1, 2, 3… */
      readonly id?: number
    }
  /** With `resume`: everything up to `index`, which is of this `epoch`, has been handled. */
  | { readonly command: 'DELIVERED'; readonly index: LogIndex; readonly epoch?: Epoch }
  /** With any feature: answered by PONG. */
  | { readonly command: 'PING'; readonly nonce?: number }
  /** With any feature: the answer to the server's PING. */
  | { readonly command: 'PONG'; readonly nonce?: number }
  | { readonly command: 'INVALID_MESSAGE'; readonly info?: string }

/** What a server may say to a client. */
export type ServerCommand =
  | {
      readonly command: 'LOGIN_SUCCESS'
      readonly info: string
      readonly features?: readonly Feature[]
      /** With any feature: the version of the protocol that is spoken. */
      readonly version?: number
      /** With `ack` or `resume`: this session's secret half… */
      readonly session?: SessionToken
      /** …the publisher of what this client sends: its public half, with the mark of its holder if it names one… */
      readonly publisher?: PublisherId
      /** …and the `id` that the server waits for: all below are logged. */
      readonly expect?: number
      /** With `resume`: delivery starts after this index. */
      readonly at?: LogIndex
      /** With `resume`: the log up to `at`. */
      readonly lineage?: Lineage
      /** With `servers`. */
      readonly servers?: readonly Endpoint[]
      /** With `presence`: users that are connected somewhere… */
      readonly online?: readonly string[]
      /** …and there are more than are listed. */
      readonly onlineMore?: boolean
      /** Activities of this user's backlog that are no longer kept. */
      readonly missed?: number
    }
  | { readonly command: 'LOGIN_FAILED'; readonly info: string }
  | { readonly command: 'REDIRECT'; readonly hostname: string; readonly port: number | string }
  | { readonly command: 'REGISTER_SUCCESS'; readonly info: string }
  | { readonly command: 'REGISTER_FAILED'; readonly info: string }
  | { readonly command: 'AUTHENTICATION_FAIL'; readonly info: string }
  | { readonly command: 'INVALID_MESSAGE'; readonly info: string }
  | ActivityBroadcast
  /** With `ack`, cumulative: every id up to this one has reached `level`. */
  | { readonly command: 'ACTIVITY_ACK'; readonly id: number; readonly level: AckLevel }
  /**
   * With `resume`: the entry at `index` is of `epoch`. The client cuts its lineage to `index - 1`, extends its
   * last pair to that, and adds `[epoch, index]`.
   */
  | { readonly command: 'EPOCH'; readonly epoch: Epoch; readonly index: LogIndex }
  /** With `resume`: the entries from `from` to `to` are no longer kept; these the client has missed. */
  /** `missed`: how many activities these positions held. `lineage`: of the log up to `to`, where the client now stands. */
  | {
      readonly command: 'GAP'
      readonly from: LogIndex
      readonly to: LogIndex
      readonly missed: number
      readonly lineage: Lineage
    }
  /** With `servers`, on change: where to go when this server dies, nearest first. */
  | { readonly command: 'SERVERS'; readonly servers: readonly Endpoint[] }
  /** With `presence`: a user has come, or gone. With `resume` also its log position. */
  | {
      readonly command: 'PRESENCE'
      readonly username: string
      readonly online: boolean
      readonly timestamp: Timestamp
      readonly epoch?: Epoch
      readonly index?: LogIndex
    }
  /** With `presence`: the users connected now, after a gap or a healing. Like the list in LOGIN_SUCCESS. */
  | { readonly command: 'ONLINE'; readonly online: readonly string[]; readonly onlineMore?: boolean }
  | { readonly command: 'PONG'; readonly nonce?: number }
  /** With any feature, after a long silence: are you there? */
  | { readonly command: 'PING' }

export interface ActivityBroadcast {
  readonly command: 'ACTIVITY_BROADCAST'
  /** With `authenticated_user` set by the server. */
  readonly activity: Activity
  /** These five with `resume`. */
  readonly epoch?: Epoch
  readonly index?: LogIndex
  readonly timestamp?: Timestamp
  readonly publisher?: PublisherId
  /** The publisher's own number of this activity: `id` of its ACTIVITY_MESSAGE. */
  readonly n?: number
}

export const anonymous = 'anonymous'
