/** Opening a link to another process. */
import type { Socket } from 'node:net'
import {
  failLater,
  failureInfo,
  failureOf,
  fateOf,
  flawOf,
  hasSeenEnd,
  openSocket,
  type DialAttempt,
  type DialTarget,
} from '@jwp/lines'
import type { DialOutcome, LinkLimits } from './link.js'
import { DialledPeer } from './net-ipc-peer.js'
import { defaultLinkLimits, NetLink } from './net-link.js'

/**
 * Dials once. Exactly one of the outcomes is called, and not before this function has returned.
 * What listens there but does not speak net-ipc is `unreachable`, with words that say so.
 */
export function dialLink(
  target: DialTarget,
  outcome: DialOutcome,
  limits: LinkLimits = defaultLinkLimits,
): DialAttempt {
  const flaw = flawOf(target)
  if (flaw !== undefined) return failLater(outcome, flaw)
  const attempt = new LinkAttempt(target, outcome, limits)
  return {
    cancel: () => {
      attempt.cancel()
    },
  }
}

class LinkAttempt {
  readonly #target: DialTarget
  readonly #outcome: DialOutcome
  readonly #limits: LinkLimits
  readonly #opening: { cancel(): void }
  readonly #timer: NodeJS.Timeout
  /** Once it is open. */
  #socket: Socket | undefined
  #askedMs = 0
  #link: NetLink | undefined
  #isSettled = false

  constructor(target: DialTarget, outcome: DialOutcome, limits: LinkLimits) {
    this.#target = target
    this.#outcome = outcome
    this.#limits = limits
    this.#opening = openSocket(target, {
      onConnected: () => {
        outcome.onConnected?.()
      },
      onOpen: (socket) => {
        this.#shakeHands(socket)
      },
      onFailure: (error) => {
        this.#failed(error)
      },
    })
    this.#timer = setTimeout(() => {
      this.#failed(undefined)
    }, limits.handshakeTimeoutMs)
  }

  cancel(): void {
    if (this.#settle()) this.#letGo()
  }

  #shakeHands(socket: Socket): void {
    this.#socket = socket
    this.#askedMs = performance.now()
    socket.on('readable', this.#noticeEnd)
    socket.once('end', this.#noticeEnd)
    new DialledPeer(socket, {
      onReady: () => {
        this.#opened(socket)
      },
      onFailure: (error) => {
        if (this.#link === undefined) this.#failed(error)
        else this.#link.fail(fateOf(error))
      },
    })
  }

  #opened(socket: Socket): void {
    if (!this.#settle()) return
    socket.off('readable', this.#noticeEnd)
    this.#link = new NetLink(socket, this.#limits)
    // This side chose the peer, and the first answer may bring a long log in the same frame.
    this.#link.trust()
    this.#outcome.onOpen(this.#link, performance.now() - this.#askedMs)
  }

  readonly #noticeEnd = (): void => {
    if (this.#link === undefined && this.#socket !== undefined && hasSeenEnd(this.#socket))
      this.#failed(undefined)
  }

  #failed(error: Error | undefined): void {
    if (!this.#settle()) return
    this.#letGo()
    if (this.#socket !== undefined)
      this.#outcome.onFailure('unreachable', this.#noHandshakeInfo(this.#socket, error))
    else this.#outcome.onFailure(failureOf(error), failureInfo(this.#target, error))
  }

  #letGo(): void {
    this.#opening.cancel()
    this.#socket?.destroy()
  }

  /** It took the connection and did not come to an agreement. */
  #noHandshakeInfo(socket: Socket, error: Error | undefined): string {
    const place = `${this.#target.host}:${this.#target.port}`
    if (hasSeenEnd(socket) || (error as NodeJS.ErrnoException | undefined)?.code !== undefined)
      return `what listens at ${place} closed the connection before it answered`
    if (error === undefined) return `what listens at ${place} does not answer`
    return `what listens at ${place} does not speak net-ipc`
  }

  /** True once. */
  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    clearTimeout(this.#timer)
    return true
  }
}
