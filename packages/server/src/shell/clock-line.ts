/**
 * The link to the clock: opened when the core asks, opened again after a break. The core deals with answers that never
 * come.
 */
import {
  clockMessageFromWire,
  clockMessageToWire,
  ForeignVersion,
  MalformedMessage,
  type ClockAddress,
  type ClockMessage,
} from '@jwp/protocol'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import type { DialAttempt, DialIdentity } from '@jwp/lines'
import { dialLink, type Link } from '@jwp/transport'

export class ClockLine {
  readonly #handle: (input: ServerInput) => void
  readonly #identity: DialIdentity
  #address: ClockAddress | undefined
  #link: Link | undefined
  #dialling: DialAttempt | undefined
  /** The link was open when the last question was asked, so the answer had the full time. */
  #hasCarried = false
  /** The question that waits until the link is open. */
  #question: Extract<ClockMessage, { type: 'TIME' }> | undefined

  constructor(handle: (input: ServerInput) => void, identity: DialIdentity) {
    this.#handle = handle
    this.#identity = identity
  }

  ask({ clock, nonce, count, atLeast, anew }: ServerEffectOf<'ask-clock'>): void {
    const isElsewhere = clock.host !== this.#address?.host || clock.port !== this.#address.port
    // A link that opened while the last question was waiting gets the full time for another one, or a distant clock
    // would never answer.
    if (isElsewhere || (anew === true && this.#hasCarried)) this.close()
    this.#hasCarried = this.#link !== undefined
    this.#address = clock
    this.#question = { type: 'TIME', nonce, count, atLeast }
    if (this.#link === undefined) this.#dial(clock)
    else this.#send(this.#link)
  }

  close(): void {
    this.#dialling?.cancel()
    this.#dialling = undefined
    this.#link?.close()
    this.#link = undefined
  }

  #send(link: Link): void {
    if (this.#question === undefined) return
    link.send(clockMessageToWire(this.#question))
    link.flush()
  }

  /** One attempt per question: the core asks again, which sets the pace. */
  #dial(clock: ClockAddress): void {
    if (this.#dialling !== undefined) return
    this.#dialling = dialLink(
      { ...clock, ...this.#identity },
      {
        onOpen: (link) => {
          this.#dialling = undefined
          this.#link = link
          link.onMessages = (messages) => {
            for (const message of messages) this.#received(link, message)
          }
          link.onClosed = (info) => {
            // The question is no longer open on a link that was given up.
            if (this.#link !== link) return
            this.#link = undefined
            this.#refuse(info)
          }
          this.#send(link)
        },
        onFailure: (_why, info) => {
          this.#dialling = undefined
          this.#refuse(info)
        },
      },
    )
  }

  #received(link: Link, raw: unknown): void {
    try {
      const message = clockMessageFromWire(raw)
      if (message.type === 'GRANT') {
        this.#question = undefined
        this.#handle({
          type: 'clock-granted',
          nonce: message.nonce,
          start: message.start,
          count: message.count,
        })
      } else if (message.type === 'TIME_REFUSED') {
        this.#question = undefined
        this.#handle({
          type: 'clock-refused',
          nonce: message.nonce,
          info: `the clock refused: ${message.info}`,
        })
      } else if (message.type === 'NOT_LEADER') {
        this.#question = undefined
        this.#handle({ type: 'clock-elsewhere', nonce: message.nonce, leader: message.leader })
      }
    } catch (error) {
      // Not a defect of our own core, which must end the process loudly.
      if (!(error instanceof MalformedMessage)) throw error
      const { host, port } = this.#address!
      link.close()
      this.#link = undefined
      const isForeign = error instanceof ForeignVersion
      this.#refuse(
        isForeign ? `${host}:${port}: ${error.message}` : `what answers at ${host}:${port} is no clock`,
      )
    }
  }

  #refuse(info: string): void {
    const question = this.#question
    this.#question = undefined
    if (question !== undefined) this.#handle({ type: 'clock-refused', nonce: question.nonce, info })
  }
}
