/** Everything a server's core can ask of its shell. Effects are executed in the order given. */
import type {
  Address,
  ClientId,
  ClockAddress,
  LinkId,
  PublisherId,
  ServerCommand,
  ServerId,
  ServerMessage,
  Timestamp,
} from '@jwp/protocol'
import type { StoreChange } from './storage/store-change.js'

export type ServerEffect =
  // Links
  /**
   * Open a link to a server. Answered by `link-opened` or `link-failed`, unless we `close` it first; perhaps by
   * `link-connected` before that.
   */
  | { readonly type: 'dial'; readonly link: LinkId; readonly address: Address }
  /**
   * `admits`: with this message an unknown peer becomes a child. It leaves at once, since the peer's deadline may be near,
   * and in one frame with the log that follows it would come too late. From here on the peer's frames may be long.
   */
  | {
      readonly type: 'send'
      readonly link: LinkId
      readonly message: ServerMessage
      readonly admits?: true
    }
  /** Close after what was sent has left. Nothing of this link is reported any more. */
  | { readonly type: 'close'; readonly link: LinkId }

  // The clock
  /** Ask for timestamps. Connect if needed; an answer that never comes is the core's business. */
  | {
      readonly type: 'ask-clock'
      readonly clock: ClockAddress
      readonly nonce: number
      readonly count: number
      readonly atLeast: Timestamp
      /** It has not answered several times: a connection that has carried a whole question in vain may be dead. */
      readonly anew?: true
    }

  // Clients
  | { readonly type: 'send-to-client'; readonly client: ClientId; readonly command: ServerCommand }
  /** Close after what was sent has left. Nothing of this client is reported any more. */
  | { readonly type: 'close-client'; readonly client: ClientId }
  /** Write these finished lines to each of these clients: build one buffer, write it to all. */
  | { readonly type: 'deliver'; readonly clients: readonly ClientId[]; readonly lines: readonly Uint8Array[] }

  /**
   * Stop reading this client's socket: its last command is still being decided, or the network is slower than its
   * publishers. What was read already may still come in.
   */
  | { readonly type: 'pause-client'; readonly client: ClientId }
  | { readonly type: 'resume-client'; readonly client: ClientId }

  // Jobs
  /**
   * Make the verifier of this secret, with this salt (hex) or with a fresh one. Answered by `secret-hashed` or
   * `job-failed`.
   */
  | {
      readonly type: 'hash-secret'
      readonly job: number
      readonly secret: string
      readonly salt: string | undefined
    }
  /** Answered by `secret-checked` or `job-failed`. */
  | {
      readonly type: 'check-secret'
      readonly job: number
      readonly secret: string
      readonly salt: string
      readonly verifier: string
    }

  // Growth
  /**
   * Start another server that joins us, as many clients of this one as it takes. It shows by itself when it is in the
   * tree; `start-failed` is for when it will not. One at a time.
   */
  | { readonly type: 'start-server'; readonly attempt: number }
  /** It has not come in time: end what was started. Nothing of this attempt is reported any more. */
  | { readonly type: 'abandon-start'; readonly attempt: number }

  // State that outlives the process
  /** Remember these for the next start, newest first. Coalesce: only the last one counts. */
  | { readonly type: 'remember-contacts'; readonly contacts: readonly Address[] }

  /** Write this change, after those before it, all or nothing. Answered by `stored` or `store-failed`. */
  | { readonly type: 'store'; readonly change: StoreChange }

  /** Something that an operator may want to know. */
  | { readonly type: 'report'; readonly event: ServerEvent }
  /** The server is done: it has left in order, or it cannot go on. Exit with this code. */
  | { readonly type: 'stop'; readonly exitCode: number; readonly info: string }

export type ServerEffectType = ServerEffect['type']
export type ServerEffectOf<Type extends ServerEffectType> = Extract<ServerEffect, { type: Type }>

/** For logs, the live tree and transcripts; never per message. */
export type ServerEvent =
  | { readonly event: 'became-root'; readonly epochNumber: number }
  | { readonly event: 'became-child'; readonly parent: ServerId }
  | { readonly event: 'orphaned'; readonly parent: ServerId | undefined; readonly why: string }
  | { readonly event: 'child-joined'; readonly child: ServerId; readonly size: number }
  | { readonly event: 'child-lost'; readonly child: ServerId; readonly why: string }
  | { readonly event: 'merging'; readonly withRoot: ServerId }
  /** To a server that has fewer. Those sent on at their login are not counted. */
  | { readonly event: 'clients-moved'; readonly to: string; readonly count: number }
  | { readonly event: 'entries-cut'; readonly from: number; readonly count: number }
  /** After a partition longer than the retention: so many entries are known on our side only, and kept nowhere. */
  | { readonly event: 'history-lost'; readonly count: number; readonly publishers: number }
  /**
   * Two programs had one session on both sides of a partition, and named no holder: so many messages of one are in no
   * log.
   */
  | { readonly event: 'messages-replaced'; readonly count: number }
  | { readonly event: 'clock-lost'; readonly info: string }
  | { readonly event: 'clock-back' }
  /** The machine's calendar has gone forward (above 0: it has slept, or was set) or back by so much. */
  | { readonly event: 'calendar-jumped'; readonly byMs: number }
  /** The machine's calendar is so much ahead of the log's time (below 0: behind it). */
  | { readonly event: 'time-differs'; readonly aheadMs: number }
  | {
      readonly event: 'parent-unreachable'
      readonly host: string
      readonly port: number
      readonly info: string
    }
  /** Servers of the run before are asked as well: the configured parent is gone, or none is configured. */
  | { readonly event: 'asking-remembered'; readonly count: number; readonly named: string | undefined }
  /**
   * The run before was in a network with so many others. No parent is configured, so this server founds its own tree.
   */
  | { readonly event: 'remembered-left-alone'; readonly count: number }
  /** It takes connections, and nothing that speaks JWP has answered on one of them for so long. */
  | {
      readonly event: 'parent-says-nothing'
      readonly host: string
      readonly port: number
      readonly forMs: number
    }
  | { readonly event: 'refused'; readonly by: string; readonly why: string }
  | { readonly event: 'late-timers'; readonly lateMs: number }
  /** No server of the tree answers for the users connected there. */
  | { readonly event: 'users-gone'; readonly server: PublisherId }
  /** Its line is cut, or its process hangs. */
  | { readonly event: 'client-silent'; readonly forMs: number; readonly username: string }
  | { readonly event: 'disk-failed'; readonly info: string }
  /** All servers are full, `servers` of them with ours. */
  | { readonly event: 'starting-server'; readonly servers: number }
  | { readonly event: 'server-came'; readonly newcomer: string; readonly afterMs: number }
  | { readonly event: 'start-failed'; readonly info: string }
  /** Full, and the network has as many servers as it may have. */
  | { readonly event: 'at-most-servers'; readonly servers: number }
  | { readonly event: 'idle'; readonly forMs: number; readonly clients: number }
  /** Idle for so long that it would end, but it is the last server. */
  | { readonly event: 'kept-as-last'; readonly forMs: number }
  | { readonly event: 'leaving' }
  | { readonly event: 'warning'; readonly info: string }
