/**
 * Logins and registrations that are being decided. Until one is, the client's further lines wait; each has a deadline,
 * by which the client hears that the network has not decided.
 */
import type { ClientLine } from '@jwp/protocol'
import type { TurnTime } from '../turn-time.js'
import type { ClientState } from './client-state.js'
import type { ReadFlow } from './read-flow.js'
import type { SessionListener } from './session-listener.js'

/** Lines that may wait for a decision. What is in the socket when we stop reading it fits well. */
const maxWaitingLines = 4_096

export interface Decision {
  readonly deadlineMs: number
  /** What to say when the network has not decided in time. */
  onDeadline(): void
}

export interface DecisionsNeeds {
  readonly time: TurnTime
  readonly readFlow: Pick<ReadFlow, 'pause' | 'resume'>
  /** A line that waited has its turn now. */
  readonly onLine: (client: ClientState, line: ClientLine) => void
}

export class Decisions implements SessionListener {
  readonly #needs: DecisionsNeeds
  readonly #open = new Map<ClientState, Decision>()
  readonly #waitingLines = new Map<ClientState, ClientLine[]>()

  constructor(needs: DecisionsNeeds) {
    this.#needs = needs
  }

  /** What is being decided for this client; undefined: nothing. */
  of(client: ClientState): Decision | undefined {
    return this.#open.get(client)
  }

  hasWaitingLines(client: ClientState): boolean {
    return this.#waitingLines.has(client)
  }

  /** How many from there wait for a decision. */
  countFrom(addressGroup: string): number {
    let count = 0
    for (const client of this.#open.keys()) if (client.addressGroup === addressGroup) count++
    return count
  }

  /** A login or registration begins: later lines wait. */
  begin(client: ClientState, decision: Decision): void {
    this.#open.set(client, decision)
    this.#needs.readFlow.pause(client, 'deciding')
  }

  /** It has ended well. Call `nextLines` when the answer is out. */
  end(client: ClientState): void {
    this.#open.delete(client)
  }

  /** @returns false: too many wait already */
  keepLine(client: ClientState, line: ClientLine): boolean {
    const lines = this.#waitingLines.get(client) ?? []
    if (lines.length >= maxWaitingLines) return false
    this.#waitingLines.set(client, lines)
    lines.push(line)
    return true
  }

  /** The answer is out: what came in meanwhile is handled, and the client is read again. */
  nextLines(client: ClientState): void {
    const { readFlow, onLine } = this.#needs
    for (;;) {
      if (this.#open.has(client)) return
      const lines = this.#waitingLines.get(client)
      const line = lines?.shift()
      if (lines?.length === 0) this.#waitingLines.delete(client)
      if (line === undefined) break
      onLine(client, line)
    }
    readFlow.resume(client, 'deciding')
  }

  clientLeft(client: ClientState): void {
    this.#open.delete(client)
    this.#waitingLines.delete(client)
  }

  tick(): void {
    for (const [client, decision] of [...this.#open])
      if (this.#needs.time.nowMs >= decision.deadlineMs && this.#open.get(client) === decision)
        decision.onDeadline()
  }

  nextDeadlineMs(): number | undefined {
    // All have the same time, so the first to ask is the first to hear.
    for (const { deadlineMs } of this.#open.values()) return deadlineMs
    return undefined
  }
}
