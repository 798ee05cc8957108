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
  readonly #paused: Readonly<Record<PauseReason, Set<ClientState>>> = {
    deciding: new Set(),
    'too-fast': new Set(),
  }

  constructor(needs: ReadFlowNeeds) {
    this.#needs = needs
  }

  isPaused(client: ClientState): boolean {
    return this.#paused.deciding.has(client) || this.#paused['too-fast'].has(client)
  }

  /** How many clients are paused for this reason. */
  countOf(reason: PauseReason): number {
    return this.#paused[reason].size
  }

  pause(client: ClientState, reason: PauseReason): void {
    const wasPaused = this.isPaused(client)
    this.#paused[reason].add(client)
    if (!wasPaused) this.#needs.outbox.push({ type: 'pause-client', client: client.id })
  }

  resume(client: ClientState, reason: PauseReason): void {
    if (!this.#paused[reason].delete(client) || this.isPaused(client)) return
    this.#needs.onResumed(client)
    this.#needs.outbox.push({ type: 'resume-client', client: client.id })
  }

  /** Resumes the clients that this reason has paused, in the order in which they were paused. */
  resumeAll(reason: PauseReason): void {
    for (const client of [...this.#paused[reason]]) this.resume(client, reason)
  }

  clientLeft(client: ClientState): void {
    for (const clients of Object.values(this.#paused)) clients.delete(client)
  }
}
