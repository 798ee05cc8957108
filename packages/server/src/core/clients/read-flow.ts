/**
 * Which clients are read. A client is paused while its login or registration is being decided, and while it publishes
 * faster than the network takes; it is read again when neither is so.
 */
import type { Outbox } from '../outbox.js'
import type { ClientState } from './client-state.js'
import type { SessionListener } from './session-listener.js'

export type PauseReason = 'deciding' | 'too-fast'

export interface ReadFlowNeeds {
  readonly outbox: Pick<Outbox, 'push'>
  /** We begin to read it again: what it said meanwhile is still to come. */
  readonly onResumed: (client: ClientState) => void
}

export class ReadFlow implements SessionListener {
  readonly #needs: ReadFlowNeeds
  readonly #paused = new Map<ClientState, Set<PauseReason>>()

  constructor(needs: ReadFlowNeeds) {
    this.#needs = needs
  }

  isPaused(client: ClientState): boolean {
    return this.#paused.has(client)
  }

  /** How many clients are paused for this reason. */
  countOf(reason: PauseReason): number {
    let count = 0
    for (const reasons of this.#paused.values()) if (reasons.has(reason)) count++
    return count
  }

  pause(client: ClientState, reason: PauseReason): void {
    const reasons = this.#paused.get(client)
    if (reasons !== undefined) {
      reasons.add(reason)
      return
    }
    this.#paused.set(client, new Set([reason]))
    this.#needs.outbox.push({ type: 'pause-client', client: client.id })
  }

  resume(client: ClientState, reason: PauseReason): void {
    const reasons = this.#paused.get(client)
    if (reasons?.delete(reason) !== true || reasons.size > 0) return
    this.#paused.delete(client)
    this.#needs.onResumed(client)
    this.#needs.outbox.push({ type: 'resume-client', client: client.id })
  }

  clientLeft(client: ClientState): void {
    this.#paused.delete(client)
  }
}
