/**
 * Our own messages: numbered 1, 2, 3…, kept until they are logged and a while longer, so that any server can be given
 * what it has not got.
 */
import type { Activity } from '@jwp/protocol'
import type { ClientLimits } from './options.js'
import type { Ticket } from './inputs.js'

export interface OwnMessage {
  readonly id: number
  readonly ticket: Ticket
  readonly activity: Activity
  /** When it was sent last; undefined: not on this connection. */
  sentMs: number | undefined
  everSent: boolean
  settled: boolean
}

export interface WaitingMessage {
  readonly ticket: Ticket
  readonly activity: Activity
}

export class OwnMessages {
  readonly #limits: ClientLimits
  /** By id, rising: those after `#loggedUpTo`, and the last logged ones. */
  readonly #kept = new Map<number, OwnMessage>()
  #waiting: WaitingMessage[] = []
  #lastId = 0
  #loggedUpTo = 0
  #settledUpTo = 0

  constructor(limits: ClientLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#settledUpTo >= this.#lastId
  }

  get loggedUpTo(): number {
    return this.#loggedUpTo
  }

  /** False: too many wait already. */
  add(message: WaitingMessage): boolean {
    if (this.#waiting.length >= this.#limits.maxWaiting) return false
    this.#waiting.push(message)
    return true
  }

  /** Numbers what fits into the window and returns it, to be sent. */
  takeForWindow(): OwnMessage[] {
    const room = this.#limits.windowSize - (this.#lastId - this.#loggedUpTo)
    if (room <= 0 || this.#waiting.length === 0) return []
    return this.#waiting.splice(0, room).map(({ ticket, activity }) => {
      const message: OwnMessage = {
        id: ++this.#lastId,
        ticket,
        activity,
        sentMs: undefined,
        everSent: false,
        settled: false,
      }
      this.#kept.set(message.id, message)
      return message
    })
  }

  /** What a server that waits for `expect` must be sent; undefined: we no longer have all of it. */
  from(expect: number): OwnMessage[] | undefined {
    // A session that went on without us knowing (a crash of ours) has higher numbers than ours.
    if (expect > this.#lastId) this.#lastId = expect - 1
    const messages: OwnMessage[] = []
    for (let id = expect; id <= this.#lastId; id++) {
      const message = this.#kept.get(id)
      if (message === undefined) return undefined
      messages.push(message)
    }
    return messages
  }

  /** All up to `id` have a place in the log. Those long before are forgotten. */
  logged(id: number): void {
    const upTo = Math.min(id, this.#lastId)
    if (upTo <= this.#loggedUpTo) return
    this.#loggedUpTo = upTo
    for (const kept of this.#kept.keys()) {
      if (kept > this.#loggedUpTo - this.#limits.keptAfterLogged) break
      this.#kept.delete(kept)
    }
  }

  /** All up to `id` are as safe as was asked for. Returns those that were not before. */
  settle(id: number): OwnMessage[] {
    const settled: OwnMessage[] = []
    while (this.#settledUpTo < Math.min(id, this.#lastId)) {
      const message = this.#kept.get(++this.#settledUpTo)
      if (message === undefined || message.settled) continue
      message.settled = true
      settled.push(message)
    }
    return settled
  }

  /** When the oldest message without a place in the log was sent on this connection. */
  oldestUnloggedSentMs(): number | undefined {
    return this.#kept.get(this.#loggedUpTo + 1)?.sentMs
  }

  connectionLost(): void {
    for (let id = this.#loggedUpTo + 1; id <= this.#lastId; id++) {
      const message = this.#kept.get(id)
      if (message !== undefined) message.sentMs = undefined
    }
  }

  /** Gives up on everything that has not settled, and begins to number anew. */
  abandon(): { sent: OwnMessage[]; unsent: WaitingMessage[] } {
    const open = [...this.#kept.values()].filter((message) => !message.settled)
    const unsent = [...open.filter((message) => !message.everSent), ...this.#waiting]
    this.#kept.clear()
    this.#waiting = []
    this.#lastId = 0
    this.#loggedUpTo = 0
    this.#settledUpTo = 0
    return { sent: open.filter((message) => message.everSent), unsent }
  }
}
