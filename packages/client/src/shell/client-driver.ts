/** Runs the client's core over a socket: one connection at a time, one timer. */
import { ClientCore, type ClientEffect, type ClientInput, type ClientOptions } from '@jwp/client/core'
import { dialLines, type DialAttempt, type LineConnection } from '@jwp/transport'

export class ClientDriver {
  readonly #core: ClientCore
  readonly #observe: (effect: ClientEffect) => void
  #connection: LineConnection | undefined
  #dialling: DialAttempt | undefined
  #timer: NodeJS.Timeout | undefined
  #paused = false
  /** Lines written in one turn leave together. */
  #outgoing: string[] = []

  /** `observe` gets what is not the socket's business: deliveries, settlements, reports, the end. */
  constructor(options: ClientOptions, observe: (effect: ClientEffect) => void) {
    this.#core = new ClientCore(options)
    this.#observe = observe
  }

  get isOnline(): boolean {
    return this.#core.isOnline
  }

  handle(input: ClientInput): void {
    for (const effect of this.#core.handle(input, nowMs())) this.#carryOut(effect)
    this.#setTimer()
  }

  /** A slow reader: the server keeps what we do not take, and nobody else waits for us. */
  pause(paused: boolean): void {
    this.#paused = paused
    this.handle({ type: 'reading', paused })
    if (paused) this.#connection?.hold()
    else this.#connection?.release()
  }

  #carryOut(effect: ClientEffect): void {
    switch (effect.type) {
      case 'dial':
        return this.#dial(effect.endpoint.hostname, effect.endpoint.port)
      case 'send':
        if (this.#outgoing.length === 0) {
          setImmediate(() => {
            this.#flush()
          })
        }
        this.#outgoing.push(JSON.stringify(effect.command))
        return
      case 'disconnect':
        return this.#disconnect()
      default:
        return this.#observe(effect)
    }
  }

  #dial(host: string, port: number): void {
    const attempt = dialLines(
      { host, port },
      {
        onOpen: (connection) => {
          this.#dialling = undefined
          this.#adopt(connection)
          this.handle({ type: 'connected' })
        },
        onFailure: (_why, info) => {
          this.#dialling = undefined
          this.handle({ type: 'connect-failed', info })
        },
      },
    )
    this.#dialling = attempt
  }

  #adopt(connection: LineConnection): void {
    this.#connection = connection
    connection.onValue = (value) => {
      if (this.#connection === connection) this.handle({ type: 'command', value })
    }
    connection.onGarbled = () => {
      if (this.#connection === connection) this.handle({ type: 'command', value: undefined })
    }
    connection.onClosed = () => {
      if (this.#connection !== connection) return
      this.#connection = undefined
      this.#outgoing = []
      this.handle({ type: 'disconnected' })
    }
    if (this.#paused) connection.hold()
  }

  #disconnect(): void {
    this.#dialling?.cancel()
    this.#dialling = undefined
    this.#flush()
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return
    const lines = this.#outgoing
    this.#outgoing = []
    this.#connection?.write(Buffer.from(`${lines.join('\n')}\n`))
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const deadlineMs = this.#core.nextDeadlineMs()
    if (deadlineMs === undefined || deadlineMs === Infinity) return
    this.#timer = setTimeout(
      () => {
        this.handle({ type: 'tick' })
      },
      Math.max(0, Math.ceil(deadlineMs - nowMs())),
    )
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
