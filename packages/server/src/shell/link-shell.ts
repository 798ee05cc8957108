/** Carries links between the core and the transport: numbers them, translates messages, one frame per link and turn. */
import {
  asLinkId,
  bytesOf,
  bytesOfRows,
  countOf,
  fromWire,
  MalformedMessage,
  toWire,
  versionSpoken,
  type ForeignMessage,
  type LinkId,
  type ServerMessage,
} from '@jwp/protocol'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import type { DialAttempt, DialIdentity } from '@jwp/lines'
import { dialLink, type Link } from '@jwp/transport'

export class LinkShell {
  readonly #handle: (input: ServerInput) => void
  readonly #identity: DialIdentity
  readonly #links = new Map<LinkId, Link>()
  readonly #dialling = new Map<LinkId, DialAttempt>()
  /** Links with messages that wait for the end of the turn. */
  readonly #unflushed = new Set<Link>()
  readonly #progress = new WeakMap<Link, number>()
  /** The version of the protocol, where a peer has said what it can speak. */
  readonly #spoken = new WeakMap<Link, number>()
  /** Accepted links are even, dialled ones odd (the core numbers those). */
  #nextAccepted = 2

  constructor(handle: (input: ServerInput) => void, identity: DialIdentity) {
    this.#handle = handle
    this.#identity = identity
  }

  accepted(link: Link): void {
    const id = asLinkId(this.#nextAccepted)
    this.#nextAccepted += 2
    this.#attach(id, link)
    this.#handle({ type: 'link-accepted', link: id, remoteHost: link.remoteHost })
  }

  /** It may not even ask: the transport tells why. Nothing that it says is read. */
  refused(link: Link, info: string): void {
    link.send(toWire({ type: 'AUTHENTICATION_FAIL', info }))
    link.close()
  }

  dial({ link: id, address }: ServerEffectOf<'dial'>): void {
    const attempt = dialLink(
      { host: address.host, port: address.port, ...this.#identity },
      {
        onConnected: () => {
          this.#handle({ type: 'link-connected', link: id })
        },
        onOpen: (link, roundTripMs) => {
          this.#dialling.delete(id)
          this.#attach(id, link)
          this.#handle({ type: 'link-opened', link: id, roundTripMs })
        },
        onFailure: (why, info) => {
          this.#dialling.delete(id)
          this.#handle({ type: 'link-failed', link: id, why, info })
        },
      },
    )
    this.#dialling.set(id, attempt)
  }

  send({ link: id, message, admits }: ServerEffectOf<'send'>): void {
    const link = this.#links.get(id)
    if (link === undefined) return
    link.send(toWire(message, this.#spoken.get(link)), approximateBytes(message))
    if (admits !== true) this.#unflushed.add(link)
    else {
      link.trust()
      link.flush()
    }
  }

  /** Before deadlines are looked at: the links that have received something since the last time. */
  reportProgress(): void {
    for (const [id, link] of this.#links) {
      const { progress } = link
      if (this.#progress.get(link) === progress) continue
      this.#progress.set(link, progress)
      this.#handle({ type: 'link-progress', link: id })
    }
  }

  close({ link: id }: ServerEffectOf<'close'>): void {
    this.#dialling.get(id)?.cancel()
    this.#dialling.delete(id)
    const link = this.#links.get(id)
    this.#links.delete(id)
    if (link === undefined) return
    this.#unflushed.delete(link)
    link.close()
  }

  /** End of a turn. */
  flush(): void {
    for (const link of this.#unflushed) link.flush()
    this.#unflushed.clear()
  }

  closeAll(): void {
    for (const attempt of this.#dialling.values()) attempt.cancel()
    for (const link of this.#links.values()) link.close()
    this.#dialling.clear()
    this.#links.clear()
  }

  #attach(id: LinkId, link: Link): void {
    this.#links.set(id, link)
    link.onMessages = (messages) => {
      for (const raw of messages) if (!this.#received(id, link, raw)) return
    }
    link.onClosed = (info) => {
      this.#forget(id, link, info)
    }
    link.onBlocked = () => {
      this.#handle({ type: 'link-blocked', link: id })
    }
    link.onDrained = () => {
      this.#handle({ type: 'link-drained', link: id })
    }
  }

  /** False when the link is gone, and with it what else came in the frame. */
  #received(id: LinkId, link: Link, raw: unknown): boolean {
    if (this.#links.get(id) !== link) return false
    let message: ServerMessage | ForeignMessage
    try {
      message = fromWire(raw)
      const spoken = versionSpoken(raw)
      if (spoken !== undefined) this.#spoken.set(link, spoken)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      link.close()
      this.#forget(id, link, `a malformed message: ${error.message}`)
      return false
    }
    this.#handle({ type: 'link-message', link: id, message })
    return true
  }

  #forget(id: LinkId, link: Link, info: string): void {
    if (this.#links.get(id) !== link) return
    this.#links.delete(id)
    this.#unflushed.delete(link)
    this.#handle({ type: 'link-closed', link: id, info })
  }
}

/** Only bodies and rows make a message long; the rest is small change. */
function approximateBytes(message: ServerMessage): number {
  if (message.type === 'SNAPSHOT' || message.type === 'SNAPSHOT_PART') return bytesOfRows(message)
  if (message.type !== 'LOG' && message.type !== 'UP') return 256
  return 256 + bytesOf(message.runs) + 8 * countOf(message.runs)
}
