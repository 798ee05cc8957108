/** A client program that uses `@jwp/client`: the real core, with a shell of invented sockets around it. */
import { ClientCore, defaultClientLimits, type ClientEffect, type ClientInput } from '@jwp/client/core'
import type { Endpoint, ServerCommand } from '@jwp/protocol'
import type { ConnectionEnd } from '../network/connection.js'
import { ClientProcess } from './client-process.js'
import { LineSocket } from './line-socket.js'

export class LibraryClient extends ClientProcess {
  #core: ClientCore | undefined
  #settled = 0
  #socket: LineSocket | undefined
  #cancelDialling: (() => void) | undefined
  #wakeVersion = 0

  override get unacknowledged(): number {
    return this.published - this.#settled
  }

  protected override get socket(): LineSocket | undefined {
    return this.#socket
  }

  protected override begin(): void {
    const { servers, ackLevel } = this.options
    const seeds = servers.map((text): Endpoint => {
      const colon = text.lastIndexOf(':')
      return { hostname: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
    })
    this.#core = new ClientCore({
      seeds,
      username: 'anonymous',
      secret: undefined,
      ackLevel,
      presence: false,
      seed: this.parts.random.below(2 ** 32),
      limits: defaultClientLimits,
    })
    this.#handle({ type: 'start' })
  }

  override stopReading(): () => void {
    const goOn = super.stopReading()
    this.#handle({ type: 'reading', paused: true })
    return () => {
      this.#handle({ type: 'reading', paused: false })
      goOn()
    }
  }

  protected override end(): void {
    this.#core = undefined
    this.#cancelDialling?.()
    this.#socket?.connection.crashFrom('dialler')
    this.#socket = undefined
  }

  protected override say(n: number, text: string): void {
    this.#handle({ type: 'publish', ticket: n, activity: { text } })
  }

  #handle(input: ClientInput): void {
    const core = this.#core
    if (core === undefined) return
    const nowMs = Math.floor(this.parts.queue.nowMs)
    for (const effect of core.handle(input, nowMs)) this.#carryOut(effect)
    this.#socket?.flush()
    const deadlineMs = core.nextDeadlineMs()
    const version = ++this.#wakeVersion
    if (deadlineMs === undefined || deadlineMs === Infinity) return
    this.parts.queue.at(Math.max(nowMs, Math.ceil(deadlineMs)), () => {
      if (version === this.#wakeVersion) this.#handle({ type: 'tick' })
    })
  }

  #carryOut(effect: ClientEffect): void {
    switch (effect.type) {
      case 'dial':
        return this.#dial(`${effect.endpoint.hostname}:${effect.endpoint.port}`)
      case 'send':
        this.#socket?.writeLine(JSON.stringify(effect.command))
        return
      case 'disconnect':
        this.#cancelDialling?.()
        this.#cancelDialling = undefined
        this.#socket?.close()
        this.#socket = undefined
        this.endpoint = undefined
        return
      case 'hold':
        this.#socket?.hold()
        return
      case 'release':
        this.#socket?.release()
        return
      case 'deliver': {
        const { activity, publisher, n, epoch, index, timestamp } = effect.broadcast
        const text = typeof activity['text'] === 'string' ? activity['text'] : ''
        this.delivered({ publisher, n, epoch, index, timestamp, text })
        return this.#handle({ type: 'handled', epoch, index })
      }
      case 'settled':
        if (effect.id !== effect.ticket) this.complain(`message ${effect.ticket} was numbered ${effect.id}`)
        this.#settled++
        this.parts.observers.clientAcknowledged(this, effect.id)
        return
      case 'failed':
        return this.complain(`message ${effect.ticket} failed: ${effect.info}`)
      case 'report':
        if (effect.event.event === 'gap') this.missed(effect.event.from, effect.event.to)
        else if (effect.event.event === 'warning') this.complain(JSON.stringify(effect.event))
        return
      case 'stop':
        return this.complain(`the library gave up: ${effect.error?.info ?? 'closed'}`)
    }
  }

  #dial(endpoint: string): void {
    let isCurrent = true
    const cancel = this.parts.network.dial(this.host, endpoint, 'client', {
      opened: (connection): ConnectionEnd => {
        const socket: LineSocket = new LineSocket(connection, 'dialler', this.parts.platform, {
          line: (text) => {
            if (this.#socket === socket) this.#heard(JSON.parse(text) as ServerCommand, endpoint)
          },
          closed: () => {
            if (this.#socket !== socket) return
            this.#socket = undefined
            this.endpoint = undefined
            this.#handle({ type: 'disconnected' })
          },
        })
        this.#socket = socket
        this.#cancelDialling = undefined
        this.#handle({ type: 'connected' })
        return socket
      },
      failed: (_why, info) => {
        if (!isCurrent) return
        this.#cancelDialling = undefined
        this.#handle({ type: 'connect-failed', info })
      },
    })
    this.#cancelDialling = () => {
      isCurrent = false
      cancel()
    }
  }

  /** The shell looks on, for the checkers: where we are, and who. */
  #heard(command: ServerCommand, endpoint: string): void {
    if (command.command === 'LOGIN_SUCCESS') this.#loggedIn(command, endpoint)
    if (command.command === 'EPOCH') this.position = command.index
    if (command.command === 'ACTIVITY_BROADCAST') this.position = command.index ?? this.position
    this.#handle({ type: 'command', value: command })
  }

  #loggedIn({ publisher, at }: Extract<ServerCommand, { command: 'LOGIN_SUCCESS' }>, endpoint: string): void {
    if (this.publisher !== undefined && this.publisher !== publisher)
      this.complain('the session was not resumed')
    this.publisher = publisher
    this.position = at ?? 0
    this.endpoint = endpoint
    this.parts.observers.clientLoggedIn(this)
  }
}
