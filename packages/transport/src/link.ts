/**
 * A pipe for messages between two processes of the network. net-ipc is behind the real one and a queue in memory
 * behind its twin; both pass the same contract tests, which keeps the simulation honest.
 */
export interface Link {
  /** The address that the other end's socket shows. */
  readonly remoteHost: string
  /** More waits in the send buffer than its high-water mark: send nothing long before `onDrained`. */
  readonly blocked: boolean

  /**
   * Queues a message for the next `flush`. Nothing is kept or reported after the link has closed.
   * @param approximateBytes of a long message, so that one frame stays well below the receiver's limit.
   */
  send(message: unknown, approximateBytes?: number): void
  /** All queued messages leave in one frame (several, if they are long). */
  flush(): void
  /** Flushes, then ends. Nothing is reported afterwards. */
  close(): void

  /** The messages of one frame, in the order in which they were sent. */
  onMessages: ((messages: readonly unknown[]) => void) | undefined
  /** Once, when the other end or the network has ended the link. `info` says why, for people. */
  onClosed: ((info: string) => void) | undefined
  onBlocked: (() => void) | undefined
  onDrained: (() => void) | undefined
}

export interface LinkLimits {
  /** Longest frame that is taken in, in bytes. A peer that announces more is cut off before it is buffered. */
  readonly maxFrameBytes: number
  /** Frames are split above this, in bytes. Far below `maxFrameBytes`, since sizes are estimates. */
  readonly frameTargetBytes: number
  /** Send buffer above which the link is blocked, in bytes. Raise: faster over long lines. Lower: less memory per link. */
  readonly highWaterBytes: number
}

/** Why a dialled link did not open. `refused`: nobody listens there, so the process is dead. */
export type DialFailure = 'refused' | 'unreachable'

export interface DialAttempt {
  /** Gives up; nothing is reported afterwards. An open link is not touched. */
  cancel(): void
}

export interface DialOutcome {
  onOpen(link: Link): void
  onFailure(why: DialFailure, info: string): void
}
