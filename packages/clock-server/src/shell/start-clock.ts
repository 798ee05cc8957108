/** A clock process: batched grants to servers, GET_TIME to anybody, its ceiling on disk. */
import { clockMessageFromWire, MalformedMessage } from '@jwp/protocol'
import {
  ClockCore,
  defaultClockCoreOptions,
  type AskerId,
  type ClockEffect,
  type ClockInput,
} from '@jwp/clock-server/core'
import { SharedPort, type LineConnection, type Link } from '@jwp/transport'
import PQueue from 'p-queue'
import type { Logger } from 'winston'
import { CeilingFile, CeilingFileError } from './ceiling-file.js'
import { lockFile } from './file-lock.js'
import { closeClockLog, makeClockLog, type ClockLogSettings } from './clock-log.js'
import { ClockHttp } from './clock-http.js'
import type { ClockMetrics } from './clock-metrics.js'
import { defaultCeilingPath } from './state-folder.js'

export interface ClockProcessOptions {
  /** Port for servers, `GET_TIME` and HTTP alike. 0: any free one. */
  readonly listenPort: number
  /** Address to bind; all by default. */
  readonly bindHost?: string | undefined
  /** Where the ceiling is kept. Default: the user's state folder, by port. Must outlive the process. */
  readonly file?: string | undefined
  readonly log?: ClockLogSettings | undefined
}

/** A clock that cannot start. `code` is for programs, the message for people. */
export class CannotStartClock extends Error {
  constructor(
    readonly code: 'port-in-use' | 'cannot-listen' | 'file',
    message: string,
  ) {
    super(message)
  }
}

export interface RunningClock {
  readonly port: number
  status(): object
  stop(): Promise<{ exitCode: number; info: string }>
  /** Resolves when the clock has ended, however it came to that. */
  readonly stopped: Promise<{ exitCode: number; info: string }>
}

/** @throws CannotStartClock */
export async function startClock(options: ClockProcessOptions): Promise<RunningClock> {
  const shell = new ClockShell(options)
  await shell.start()
  return shell
}

class ClockShell implements RunningClock {
  readonly #options: ClockProcessOptions
  readonly #log: Logger
  readonly #askers = new Map<AskerId, Link>()
  /** Links with answers that wait for the end of the turn. */
  readonly #unflushed = new Set<Link>()
  readonly #disk = new PQueue({ concurrency: 1 })
  #port!: SharedPort
  #core!: ClockCore
  #file!: CeilingFile
  #unlock: () => void = () => undefined
  #nextAsker = 1
  #ending = false
  #resolveStopped!: (reason: { exitCode: number; info: string }) => void
  readonly stopped = new Promise<{ exitCode: number; info: string }>((resolve) => {
    this.#resolveStopped = resolve
  })

  constructor(options: ClockProcessOptions) {
    this.#options = options
    this.#log = makeClockLog(options.log)
  }

  get port(): number {
    return this.#port.port
  }

  status(): object {
    return {
      role: 'clock',
      port: this.port,
      file: this.#file.path,
      servers: this.#askers.size,
      ...this.#core.state,
    }
  }

  async start(): Promise<void> {
    this.#port = await this.#listen()
    try {
      this.#file = new CeilingFile(this.#options.file ?? defaultCeilingPath(this.port))
      this.#unlock = lockFile(this.#file.path)
      const ceiling = this.#file.read()
      this.#core = new ClockCore({ ...defaultClockCoreOptions, ceiling })
      // Written once before anybody is served: a disk that cannot be written is known now, not at the first grant.
      // Through the same queue as later ones, since a server may ask already.
      await this.#disk.add(() => this.#file.write(ceiling))
    } catch (error) {
      this.#port.close()
      this.#unlock()
      const known = error instanceof CeilingFileError
      throw new CannotStartClock(
        'file',
        known ? error.message : `the clock cannot keep its file: ${(error as Error).message}`,
      )
    }
    this.#log.info(`listening on port ${this.port}`, { port: this.port, file: this.#file.path })
  }

  async stop(): Promise<{ exitCode: number; info: string }> {
    await this.#end({ exitCode: 0, info: 'stopped' })
    return this.stopped
  }

  async #end(reason: { exitCode: number; info: string }): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    for (const link of this.#askers.values()) link.close()
    await this.#disk.onIdle()
    this.#unlock()
    if (reason.exitCode === 0) this.#log.info(reason.info)
    else this.#log.error(reason.info)
    await this.#port.drain(300)
    await closeClockLog(this.#log)
    this.#resolveStopped(reason)
  }

  #handle(input: ClockInput): void {
    for (const effect of this.#core.handle(input, Date.now())) this.#carryOut(effect)
  }

  #carryOut(effect: ClockEffect): void {
    if (effect.type === 'answer') {
      const link = this.#askers.get(effect.asker)
      if (link === undefined) return
      link.send(effect.message)
      if (this.#unflushed.size === 0) {
        // Immediately after this turn's sockets: all answers to one link in one frame.
        setImmediate(() => {
          for (const each of this.#unflushed) each.flush()
          this.#unflushed.clear()
        })
      }
      this.#unflushed.add(link)
      return
    }
    void this.#disk
      .add(() => this.#file.write(effect.ceiling))
      .then(
        () => {
          this.#handle({ type: 'ceiling-persisted', ceiling: effect.ceiling })
        },
        (error: unknown) =>
          this.#end({
            exitCode: 1,
            info: `the clock's file ${this.#file.path} cannot be written: ${(error as Error).message}`,
          }),
      )
  }

  #meetServer(link: Link): void {
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

  #received(asker: AskerId, link: Link, raw: unknown): boolean {
    try {
      const message = clockMessageFromWire(raw)
      if (message.type !== 'TIME') throw new MalformedMessage(`a clock is not sent ${message.type}`)
      this.#handle({ type: 'request', asker, request: message })
      return true
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      link.send({ type: 'TIME_REFUSED', nonce: 0, info: error.message })
      link.close()
      this.#gone(asker)
      return false
    }
  }

  #gone(asker: AskerId): void {
    this.#askers.delete(asker)
    this.#handle({ type: 'asker-gone', asker })
  }

  async #makeMetrics(): Promise<ClockMetrics> {
    const { ClockMetrics } = await import('./clock-metrics.js')
    return new ClockMetrics(
      () => this.#core.state,
      () => this.#askers.size,
    )
  }

  async #listen(): Promise<SharedPort> {
    const { listenPort, bindHost } = this.#options
    const http = new ClockHttp({ status: () => this.status(), metrics: () => this.#makeMetrics() })
    try {
      return await SharedPort.listen(
        { port: listenPort, host: bindHost },
        {
          onLink: (link) => {
            this.#meetServer(link)
          },
          onLines: answerTime,
          onHttp: http.answer,
        },
      )
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE')
        throw new CannotStartClock('port-in-use', `port ${listenPort} is in use: choose another one with -lp`)
      throw new CannotStartClock('cannot-listen', `cannot listen on port ${listenPort}: ${message}`)
    }
  }
}

/** `{"command":"GET_TIME"}` from anybody, as the source design's clock answers it. */
function answerTime(connection: LineConnection): void {
  const refuse = (info: string): void => {
    connection.writeCommand({ command: 'INVALID_MESSAGE', info })
    connection.close()
  }
  connection.onValue = (value) => {
    const command = (value as { command?: unknown } | null)?.command
    if (command !== 'GET_TIME') {
      refuse(
        typeof command === 'string'
          ? 'a clock answers GET_TIME only'
          : 'the received message did not contain a command',
      )
      return
    }
    connection.writeCommand({ command: 'CLOCK_RESPONSE', time: String(Date.now()) })
    connection.close()
  }
  connection.onGarbled = refuse
}
