/** Opening a link to another process. */
import type { Socket } from 'node:net'
import { failureInfo, failureOf, flawOf, type DialTarget } from './dial-failure.js'
import type { DialAttempt, DialOutcome, LinkLimits } from './link.js'
import { DialledPeer } from './net-ipc-peer.js'
import { defaultLinkLimits, NetLink } from './net-link.js'
import { openSocket } from './open-socket.js'
import { fateOf, hasSeenEnd } from './socket-facts.js'

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
  readonly #peer: DialledPeer
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  #link: NetLink | undefined
  #isConnected = false
  #isSettled = false

  constructor(target: DialTarget, outcome: DialOutcome, limits: LinkLimits) {
    this.#target = target
    this.#outcome = outcome
    this.#limits = limits
    const { socket, openEvent } = openSocket(target)
    this.#socket = socket
    this.#peer = new DialledPeer(socket, openEvent, {
      onReady: () => {
        this.#opened()
      },
      onFrame: (frame) => {
        this.#link?.received(frame)
      },
      onFailure: (error) => {
        if (this.#link === undefined) this.#failed(error)
        else this.#link.fail(fateOf(error))
      },
    })
    socket.once(openEvent, () => {
      this.#isConnected = true
      socket.on('readable', this.#noticeEnd)
    })
    socket.once('end', this.#noticeEnd)
    this.#timer = setTimeout(() => {
      this.#failed(undefined)
    }, limits.handshakeTimeoutMs)
  }

  cancel(): void {
    if (!this.#settle()) return
    this.#socket.destroy()
  }

  #opened(): void {
    if (!this.#settle()) return
    this.#socket.off('readable', this.#noticeEnd)
    this.#link = new NetLink(this.#peer, this.#socket, this.#limits)
    // We chose whom to dial, and the first answer may bring a long log in the same frame.
    this.#link.trust()
    this.#outcome.onOpen(this.#link)
  }

  readonly #noticeEnd = (): void => {
    if (this.#link === undefined && hasSeenEnd(this.#socket)) this.#failed(undefined)
  }

  #failed(error: Error | undefined): void {
    if (!this.#settle()) return
    this.#socket.destroy()
    if (this.#isConnected) this.#outcome.onFailure('unreachable', this.#noHandshakeInfo(error))
    else this.#outcome.onFailure(failureOf(error), failureInfo(this.#target, error))
  }

  /** It took the connection and did not come to an agreement. */
  #noHandshakeInfo(error: Error | undefined): string {
    const place = `${this.#target.host}:${this.#target.port}`
    if (hasSeenEnd(this.#socket) || (error as NodeJS.ErrnoException | undefined)?.code !== undefined)
      return `what listens at ${place} hung up before it answered`
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

export function failLater(outcome: Pick<DialOutcome, 'onFailure'>, info: string): DialAttempt {
  const report = setImmediate(() => {
    outcome.onFailure('unreachable', info)
  })
  return {
    cancel: () => {
      clearImmediate(report)
    },
  }
}
