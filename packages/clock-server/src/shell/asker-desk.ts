/** Those who ask a clock over net-ipc: their links, their questions checked, and all answers of a turn in one frame. */
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

export class AskerDesk {
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
      for (const raw of messages) if (!this.#received(asker, link, raw)) return
    }
    link.onClosed = () => {
      this.#gone(asker)
    }
    // A server has one question open. Whoever asks on without reading the answers is none, and would fill our memory.
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
      link.send(clockMessageToWire({ type: 'TIME_REFUSED', nonce: 0, info: error.message }))
      link.close()
      this.#gone(asker)
      return false
    }
  }

  #gone(asker: AskerId): void {
    this.#askers.delete(asker)
    this.#handle({ type: 'asker-gone', asker })
  }
}
