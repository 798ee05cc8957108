/** Who has to know that a client's connection is gone. `wiring.ts` names them in one ordered list. */
import type { ClientState } from './client-state.js'

export interface SessionListener {
  /** @param how.isReset its connection did not end in order: what was written last may never have been read */
  clientLeft(client: ClientState, how: { readonly isReset: boolean }): void
}
