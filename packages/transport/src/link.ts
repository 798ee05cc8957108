import type { DialFailure } from '@jwp/lines'

/**
 * A pipe for messages between two processes of the network. net-ipc is behind the real one and a queue in memory
 * behind its twin; both pass the same contract tests, which keeps the simulation honest.
 */
export interface Link {
  /** The address that the other end's socket shows. */
  readonly remoteHost: string
  /** More waits in the send buffer than its high-water mark: send nothing long before `onDrained`. */
  readonly blocked: boolean
  /** Grows with whatever comes in, also with part of a frame: long ones take a while on slow lines. No unit is promised. */
  readonly progress: number

  /**
   * Queues a message for the next `flush`: any value of MessagePack, or a `PackedMessage`, which comes out as bytes at the other
   * end. Its parts must not change any more. Nothing is kept or reported after the link has closed.
   * @param approximateBytes of a long message, so that one frame stays well below the receiver's limit.
   */
  send(message: unknown, approximateBytes?: number): void
  /** All queued messages leave in one frame (several, if they are long). */
  flush(): void
  /** Flushes, then ends. Nothing is reported afterwards. A peer that does not read holds the socket a moment longer. */
  close(): void
  /** The peer has shown that it belongs to us: from now on its frames may be as long as `maxFrameBytes`. */
  trust(): void

  /**
   * The messages of one frame, in the order in which they were sent. Set it before the turn ends in which the link
   * was given to you: what comes while it is unset is lost.
   */
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  /** Once, when the other end or the network has ended the link. `info` says why, for people. */
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
}

export interface LinkLimits {
  /** Longest frame that is taken in, in bytes. A peer that announces more is cut off before it is buffered. */
  readonly maxFrameBytes: number
  /** The same for a link that came in, until `trust()`. Raise: unauthenticated peers can take up more memory. */
  readonly unauthenticatedFrameBytes: number
  /** Frames are split above this, in bytes. Far below `maxFrameBytes`, since sizes are estimates. */
  readonly frameTargetBytes: number
  /** Send buffer above which the link is blocked, in bytes. Raise: faster over long lines. Lower: less memory per link. */
  readonly highWaterBytes: number
  /** From dialling, or from the first bytes of a link that came in, to the end of the handshake. Raise: for long lines. */
  readonly handshakeTimeoutMs: number
  /** After `close()`, a peer that was sent all and does not end its side for so long is cut off, in milliseconds. */
  readonly lingerMs: number
}

export interface DialOutcome {
  /** The other machine has taken the connection. What listens there has said nothing yet. */
  onConnected?(): void
  /** `roundTripMs`: how long the other end took to answer the handshake. */
  onOpen(link: Link, roundTripMs: number): void
  onFailure(why: DialFailure, info: string): void
}
