/** Askers of a clock over net-ipc: their links, their questions checked, and all answers of a turn in one frame. */
import type { AskerId } from '@jwp/clock-server/core'
import {
  clockMessageFromWire,
  clockMessageToWire,
  clockVersionSpoken,
  MalformedMessage,
  type ClockMessage,
} from '@jwp/protocol'
import type { Link } from '@jwp/transport'
import type { AskerInput } from './clock-engine.js'

/**
 * Most questions of one link in one frame. A server has one open, and a frame of an unknown peer holds tens of
 * thousands, while others wait for their answer.
 */
const maxQuestionsPerFrame = 1_024

export class AskerLinks {
  readonly #handle: (input: AskerInput) => void
  readonly #askers = new Map<AskerId, Link>()
  /** Links with answers that wait for the end of the turn. */
  readonly #unflushed = new Set<Link>()
  /** The version of the protocol that each link speaks. */
  readonly #spoken = new WeakMap<Link, number>()
  #nextAsker = 1

  constructor(handle: (input: AskerInput) => void) {
    this.#handle = handle
  }

  get size(): number {
    return this.#askers.size
  }

  meet(link: Link): void {
    const asker = this.#nextAsker++
    this.#askers.set(asker, link)
    link.onMessages = (messages) => {
      if (messages.length > maxQuestionsPerFrame)
        return this.#refuse(asker, link, `more than ${maxQuestionsPerFrame} questions in one frame`)
      for (const raw of messages) if (!this.#received(asker, link, raw)) return
    }
    link.onClosed = () => {
      this.#gone(asker)
    }
    // A server has one question open. A peer that asks on without reading the answers is none, and would fill the
    // memory.
    link.onBlocked = () => {
      link.close()
      this.#gone(asker)
    }
  }

  answer(asker: AskerId, message: ClockMessage): void {
    const link = this.#askers.get(asker)
    if (link === undefined) return
    link.send(clockMessageToWire(message, this.#spoken.get(link)))
    if (this.#unflushed.size === 0) {
      // Immediately after this turn's sockets: all answers to one link in one frame.
      setImmediate(() => {
        for (const each of this.#unflushed) each.flush()
        this.#unflushed.clear()
      })
    }
    this.#unflushed.add(link)
  }

  closeAll(): void {
    for (const link of this.#askers.values()) link.close()
  }

  #received(asker: AskerId, link: Link, raw: unknown): boolean {
    try {
      const message = clockMessageFromWire(raw)
      if (message.type !== 'TIME') throw new MalformedMessage(`a clock is not sent ${message.type}`)
      this.#spoken.set(link, clockVersionSpoken(raw))
      this.#handle({ type: 'request', asker, request: message })
      return true
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#refuse(asker, link, error.message)
      return false
    }
  }

  #refuse(asker: AskerId, link: Link, info: string): void {
    link.send(clockMessageToWire({ type: 'TIME_REFUSED', nonce: 0, info }))
    link.close()
    this.#gone(asker)
  }

  #gone(asker: AskerId): void {
    this.#askers.delete(asker)
    this.#handle({ type: 'asker-gone', asker })
  }
}
