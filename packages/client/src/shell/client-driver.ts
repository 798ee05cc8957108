/** Runs the client's core over a socket: one connection at a time, one timer. */
import { ClientCore, type ClientEffect, type ClientInput, type ClientOptions } from '@jwp/client/core'
import { maxFinishedLineBytes, maxPlaceBytes, placeAtEnd } from '@jwp/protocol'
import { dialLines, type DialAttempt, type DialTls, type LineConnection } from '@jwp/lines'

export class ClientDriver {
  readonly #core: ClientCore
  readonly #observe: (effect: ClientEffect) => void
  readonly #tls: DialTls | undefined
  #connection: LineConnection | undefined
  #dialling: DialAttempt | undefined
  #timer: NodeJS.Timeout | undefined
  #timerMs = Infinity
  #isHeld = false
  readonly #inputs: ClientInput[] = []
  #isHandling = false
  /** Lines written in one turn leave together. */
  #outgoing: string[] = []

  /** `observe` gets what is not the socket's business: deliveries, settlements, reports, the end. */
  constructor(options: ClientOptions, tls: DialTls | undefined, observe: (effect: ClientEffect) => void) {
    this.#core = new ClientCore(options)
    this.#tls = tls
    this.#observe = observe
  }

  get isOnline(): boolean {
    return this.#core.isOnline
  }

  get online(): ReadonlySet<string> {
    return this.#core.online
  }

  get onlineMore(): boolean {
    return this.#core.onlineMore
  }

  handle(input: ClientInput): void {
    this.#inputs.push(input)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      // What is done for one input may bring the next: whoever gets a broadcast may publish at once.
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const effect of this.#core.handle(next, nowMs())) this.#carryOut(effect)
    } finally {
      this.#isHandling = false
      this.#setTimer()
    }
  }

  /** There is no room for more broadcasts, or there is again. */
  pause(paused: boolean): void {
    this.handle({ type: 'reading', paused })
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
      case 'hold':
        this.#isHeld = true
        return this.#connection?.hold()
      case 'release':
        this.#isHeld = false
        return this.#release()
      case 'disconnect':
        return this.#disconnect()
      default:
        return this.#tell(effect)
    }
  }

  /** What a listener throws is the program's to hear of, and must not cost us the other effects. */
  #tell(effect: ClientEffect): void {
    try {
      this.#observe(effect)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** Lines that wait come at once, and each may make us hold again: so not in the middle of anything. */
  #release(): void {
    const connection = this.#connection
    queueMicrotask(() => {
      if (this.#connection === connection && !this.#isHeld) connection?.release()
    })
  }

  #dial(host: string, port: number): void {
    const attempt = dialLines(
      { host, port, tls: this.#tls },
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
      { maxLineBytes: maxFinishedLineBytes, passesLongLines: true },
    )
    this.#dialling = attempt
  }

  #adopt(connection: LineConnection): void {
    this.#connection = connection
    this.#isHeld = false
    connection.onValue = (value, bytes) => {
      if (this.#connection === connection) this.handle({ type: 'command', value, bytes })
    }
    connection.onGarbled = (info, line) => {
      if (this.#connection !== connection) return
      const place = line && placeAtEnd(line.subarray(-maxPlaceBytes).toString())
      this.handle({ type: 'unreadable', place, info })
    }
    connection.onClosed = () => {
      if (this.#connection !== connection) return
      this.#connection = undefined
      this.#outgoing = []
      this.handle({ type: 'disconnected' })
    }
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

  /** A timer that comes too early asks again; that is cheaper than a new one for every line. */
  #setTimer(): void {
    const deadlineMs = this.#core.nextDeadlineMs() ?? Infinity
    if (deadlineMs === Infinity) {
      clearTimeout(this.#timer)
      this.#timerMs = Infinity
      return
    }
    if (deadlineMs >= this.#timerMs) return
    clearTimeout(this.#timer)
    this.#timerMs = deadlineMs
    this.#timer = setTimeout(
      () => {
        this.#timerMs = Infinity
        if (nowMs() >= (this.#core.nextDeadlineMs() ?? Infinity)) this.handle({ type: 'tick' })
        else this.#setTimer()
      },
      Math.max(0, Math.ceil(deadlineMs - nowMs())),
    )
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
