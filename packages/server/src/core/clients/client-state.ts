/** One client's connection, as the core sees it. */
import type {
  AckLevel,
  ClientId,
  Feature,
  LogIndex,
  PublisherId,
  SessionId,
  SessionToken,
} from '@jwp/protocol'

export interface Member {
  readonly username: string
  /** As the client gave it, to compare with what ACTIVITY_MESSAGE repeats; undefined for anonymous. */
  readonly secret: string | undefined
  /** Of the account at login: another one under this name means that we lost the name in a merge. */
  readonly verifier: string | undefined
}

/** The numbered session of a client with `ack` or `resume`. */
export interface NumberedSession {
  readonly token: SessionToken
  /** Its public half. */
  readonly id: SessionId
  /** Whether the client names its holder: then the numbers belong to that holder. */
  readonly publisher: PublisherId
  readonly ackLevel: AckLevel
  /** The mark of the holder that the client names; else of this connection alone. */
  readonly mark: string
  /** When it was resumed here; 0: it has begun here. */
  readonly stamp: number
  /**
   * Where the log says so; 0: nowhere, which is enough while no other holder says anything; undefined: that is on its
   * way.
   */
  toldAt: LogIndex | undefined
  /** Highest id such that it and all below came in. */
  receivedUpTo: number
  /** Finished lines of ids beyond the gap: no other piece needs to know of them before it is filled. */
  readonly early: Map<number, Uint8Array>
  earlyBytes: number
}

export interface ClientState {
  readonly id: ClientId
  readonly freshToken: SessionToken
  readonly dialect: 'lines' | 'write-utf'
  /** The address that limits count it by; undefined: it is not counted. */
  readonly addressGroup: string | undefined
  /** It is on another machine, and has reached us by this address of ours; undefined: it is on this one. */
  readonly reachedAt: string | undefined
  /** When it said something last, or we began to read it again. */
  heardMs: number
  /** It was asked since whether it is there. */
  isAsked: boolean
  /** When it connected. */
  readonly openedMs: number
  /** Logged in as. */
  member: Member | undefined
  /** Registered on this connection, not logged in yet. */
  registered: Member | undefined
  features: ReadonlySet<Feature>
  session: NumberedSession | undefined
  /** It has said that it will send no more. */
  hasEnded: boolean
}
