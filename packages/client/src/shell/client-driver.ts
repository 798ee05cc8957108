/** Runs the client's core over a socket: one connection at a time. */
import { ClientCore, type ClientEffect, type ClientInput, type ClientOptions } from '@jwp/client/core'
import { dialLines, nodeAlarmClock, type DialAttempt, type DialTls, type LineConnection } from '@jwp/lines'
import { MachineDriver, maxFinishedLineBytes, maxPlaceBytes, positionAtEnd } from '@jwp/protocol'

export class ClientDriver {
  readonly #core: ClientCore
  readonly #driver: MachineDriver<ClientInput, ClientEffect>
  readonly #observe: (effect: ClientEffect) => void
  readonly #tls: DialTls | undefined
  #connection: LineConnection | undefined
  #dialling: DialAttempt | undefined
  #isPaused = false
  /** Lines written in one turn leave together. */
  #outgoing: string[] = []

  /** `observe` gets what is not the socket's business: deliveries, settlements, reports, the end. */
  constructor(options: ClientOptions, tls: DialTls | undefined, observe: (effect: ClientEffect) => void) {
    this.#core = new ClientCore(options)
    this.#tls = tls
    this.#observe = observe
    this.#driver = new MachineDriver<ClientInput, ClientEffect>(this.#core, {
      clock: nodeAlarmClock(),
      execute: (effects) => {
        for (const effect of effects) this.#execute(effect)
      },
      due: () => {
        this.handle({ type: 'tick' })
      },
    })
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
    this.#driver.handle(input)
  }

  /** There is no room for more broadcasts, or there is again. */
  pauseReading(paused: boolean): void {
    this.handle({ type: 'reading', paused })
  }

  #execute(effect: ClientEffect): void {
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
      case 'pause':
        this.#isPaused = true
        return this.#connection?.pause()
      case 'resume':
        this.#isPaused = false
        return this.#resume()
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

  /** Lines that wait come at once, and each may pause the connection again: so not in the middle of anything. */
  #resume(): void {
    const connection = this.#connection
    queueMicrotask(() => {
      if (this.#connection === connection && !this.#isPaused) connection?.resume()
    })
  }

  #dial(host: string, port: number): void {
    const attempt = dialLines(
      { host, port, tls: this.#tls },
      {
        onOpen: (connection) => {
          this.#dialling = undefined
          this.#attach(connection)
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

  #attach(connection: LineConnection): void {
    this.#connection = connection
    this.#isPaused = false
    connection.onValue = (value, bytes) => {
      if (this.#connection === connection) this.handle({ type: 'command', value, bytes })
    }
    connection.onGarbled = (info, line) => {
      if (this.#connection !== connection) return
      const place = line && positionAtEnd(line.subarray(-maxPlaceBytes).toString())
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
}
