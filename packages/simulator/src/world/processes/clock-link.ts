/** A root's connection to the clock, as its shell keeps it: dialled when needed, kept while it lasts and carries answers. */
import type { ClockAddress, ClockMessage } from '@jwp/protocol'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import type { Connection, ConnectionEnd, HostName } from '../network/connection.js'
import type { Network } from '../network/network.js'

export class ClockLink {
  readonly #network: Network
  readonly #host: HostName
  readonly #report: (input: ServerInput) => void
  #connection: Connection | undefined
  #endpoint = ''
  #cancelDialling: (() => void) | undefined
  /** The connection was open when the last question was asked, so the answer had the full time. */
  #hasCarried = false
  /** Questions asked before the connection was open. */
  #waiting: ClockMessage[] = []

  constructor(network: Network, host: HostName, report: (input: ServerInput) => void) {
    this.#network = network
    this.#host = host
    this.#report = report
  }

  ask({ clock, nonce, count, atLeast, anew }: ServerEffectOf<'ask-clock'>): void {
    this.#useEndpoint(clock)
    if (anew === true && this.#hasCarried) this.close()
    this.#hasCarried = this.#connection !== undefined
    const question: ClockMessage = { type: 'TIME', nonce, count, atLeast }
    if (this.#connection !== undefined) {
      this.#connection.send('dialler', question)
      return
    }
    this.#waiting.push(question)
    this.#cancelDialling ??= this.#dial()
  }

  close(): void {
    this.#cancelDialling?.()
    this.#cancelDialling = undefined
    this.#connection?.closeFrom('dialler')
    this.#connection = undefined
    this.#waiting = []
  }

  #useEndpoint(clock: ClockAddress): void {
    const endpoint = `${clock.host}:${clock.port}`
    if (endpoint !== this.#endpoint) this.close()
    this.#endpoint = endpoint
  }

  #dial(): () => void {
    return this.#network.dial(this.#host, this.#endpoint, 'clock', {
      opened: (connection): ConnectionEnd => {
        this.#cancelDialling = undefined
        this.#connection = connection
        for (const question of this.#waiting) connection.send('dialler', question)
        this.#waiting = []
        return {
          arrived: (frame) => this.#answered(frame as ClockMessage),
          closed: (info) => this.#lost(connection, info),
        }
      },
      failed: (_why, info) => {
        this.#cancelDialling = undefined
        this.#refuseWaiting(info)
      },
    })
  }

  #answered(message: ClockMessage): void {
    const { nonce } = message
    if (message.type === 'GRANT')
      this.#report({ type: 'clock-granted', nonce, start: message.start, count: message.count })
    else if (message.type === 'TIME_REFUSED')
      this.#report({ type: 'clock-refused', nonce, info: message.info })
    else if (message.type === 'NOT_LEADER')
      this.#report({ type: 'clock-elsewhere', nonce, leader: message.leader })
  }

  #lost(connection: Connection, _info: string): void {
    if (this.#connection === connection) this.#connection = undefined
  }

  #refuseWaiting(info: string): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { nonce } of waiting) this.#report({ type: 'clock-refused', nonce, info })
  }
}
