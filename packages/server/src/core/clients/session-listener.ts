/** Pieces that have to know that a client's connection is gone. `wiring.ts` names them in one ordered list. */
import type { ClientState } from './client-state.js'

/** How a client leaves this server. */
export interface Departure {
  /** Its connection did not end in order: what was written last may never have been read. */
  readonly isReset?: boolean
  /** It was sent to another server, or is there already. */
  readonly isMoving?: boolean
  /** The server ends the connection. `client-closed` tells later how it ended, and so whether what was written last was read. */
  readonly isEnding?: boolean
}

export interface SessionListener {
  clientLeft(client: ClientState, departure: Departure): void
}
