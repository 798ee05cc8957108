/** Every fact that can change a server's core. The shell turns sockets, timers and hashes into these. */
import type {
  ClientId,
  ClientLine,
  ClockAddress,
  ForeignMessage,
  LinkId,
  ServerMessage,
  SessionToken,
  Timestamp,
} from '@jwp/protocol'

export type ServerInput =
  /** The server begins; once, before anything else. */
  | { readonly type: 'start' }
  /** The time that `nextDeadlineMs` asked for has come. */
  | { readonly type: 'tick' }
  /**
   * All inputs that were waiting have been handled. Batches leave now: one UP, LOG, ACK and HELD per link, one
   * buffer per stream of clients. The shell sends it after every burst of inputs, before it waits again.
   */
  | { readonly type: 'turn-ended' }

  // Links to other servers
  /**
   * A peer connected to this server. `remoteHost` is the address that the socket shows. Ids of accepted links are
   * even.
   */
  | { readonly type: 'link-accepted'; readonly link: LinkId; readonly remoteHost: string }
  /** The machine that we dialled has taken the connection. What listens there has said nothing yet. */
  | { readonly type: 'link-connected'; readonly link: LinkId }
  /** A link that we dialled is open. `roundTripMs`: how long the other end took to answer the handshake. */
  | { readonly type: 'link-opened'; readonly link: LinkId; readonly roundTripMs?: number }
  /** A link that this server dialled did not open. `refused`: nothing listens there, the process is dead. */
  | {
      readonly type: 'link-failed'
      readonly link: LinkId
      readonly why: 'refused' | 'unreachable'
      readonly info: string
    }
  /** An open link is gone (also after a frame that was no message). Not sent for links that we closed ourselves. */
  | { readonly type: 'link-closed'; readonly link: LinkId; readonly info: string }
  | { readonly type: 'link-message'; readonly link: LinkId; readonly message: ServerMessage | ForeignMessage }
  /** Part of a message has arrived, and before the rest of it the peer cannot send anything else on that link. */
  | { readonly type: 'link-progress'; readonly link: LinkId }
  /** The link's send buffer is above its high-water mark: send nothing long until `link-drained`. */
  | { readonly type: 'link-blocked'; readonly link: LinkId }
  | { readonly type: 'link-drained'; readonly link: LinkId }

  // What time it is
  /**
   * What this machine's calendar shows, sent when it differs from the time of the inputs, which begins with it: it
   * was set, or the machine has slept.
   */
  | { readonly type: 'calendar'; readonly unixMs: number }

  // The clock
  | {
      readonly type: 'clock-granted'
      readonly nonce: number
      readonly start: Timestamp
      readonly count: number
    }
  /** The clock said no, or what answered is no clock. */
  | { readonly type: 'clock-refused'; readonly nonce: number; readonly info: string }
  /** The clock that was asked stands by; as far as it knows, `leader` is the one to ask. */
  | { readonly type: 'clock-elsewhere'; readonly nonce: number; readonly leader: ClockAddress | undefined }

  // Clients
  /**
   * A client connected with JSON lines. `freshToken` is 128 random bits in hex, used if this becomes a session of its
   * own. In the `write-utf` dialect numbers go out as strings.
   */
  | {
      readonly type: 'client-opened'
      readonly client: ClientId
      /** As its socket shows it. */
      readonly remoteHost?: string
      /** Which addresses count as one with its own, by name; undefined: no limits by address. */
      readonly addressGroup?: string
      /** The address of this machine by which it has reached us; undefined: not known. */
      readonly reachedAt?: string
      readonly freshToken: SessionToken
      readonly dialect: 'lines' | 'write-utf'
    }
  /**
   * One line, as `readClientLine` reads it. ACTIVITY_MESSAGE comes this way too. Of an activity that is given in `value`
   * alone, the bytes are made.
   */
  | ({ readonly type: 'client-line'; readonly client: ClientId } & ClientLine)
  /** A line that could not be read: `info` says why in the protocol's words. */
  | { readonly type: 'client-garbled'; readonly client: ClientId; readonly info: string }
  /** It will send no more (FIN), and may still read. `client-closed` follows soon. */
  | { readonly type: 'client-ended'; readonly client: ClientId }
  /**
   * Also told of a connection that the server has ended. `isReset`: it did not end in order, so what was written last may
   * lie unread where it was, or nowhere.
   */
  | { readonly type: 'client-closed'; readonly client: ClientId; readonly isReset?: boolean }
  /** The client's send buffer is above its high-water mark: it reads the log at its own pace from now on. */
  | { readonly type: 'client-blocked'; readonly client: ClientId }
  | { readonly type: 'client-drained'; readonly client: ClientId }

  // Jobs done outside
  /** `verifier` of a secret under `salt`, hex. */
  | { readonly type: 'secret-hashed'; readonly job: number; readonly salt: string; readonly verifier: string }
  | { readonly type: 'secret-checked'; readonly job: number; readonly ok: boolean }
  /** A job could not be done; nothing has happened. */
  | { readonly type: 'job-failed'; readonly job: number; readonly info: string }

  // Growth
  /** The server of this attempt will not come. `info` may be shown to any client; it holds no output of programs. */
  | { readonly type: 'start-failed'; readonly attempt: number; readonly info: string }

  // Disk
  /** The changes up to this number are written: they outlive the process. Only with `durable`. */
  | { readonly type: 'stored'; readonly number: number }
  /** A change could not be written, nor will any after it. `info` says why (no space, read-only…). */
  | { readonly type: 'store-failed'; readonly info: string }

  /** SIGTERM or Ctrl-C: leave the network in order. */
  | { readonly type: 'leave' }

export type ServerInputType = ServerInput['type']
export type ServerInputOf<Type extends ServerInputType> = Extract<ServerInput, { type: Type }>
