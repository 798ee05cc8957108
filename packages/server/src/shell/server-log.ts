/** The server's log: readable lines or JSON on stderr, through winston. Never written per message. */
import type { ServerEvent } from '@jwp/server/core'
import { LogSink } from '@jwp/transport'
import { createLogger, format, transports, type Logger } from 'winston'
import { wordsFor } from './event-words.js'

export interface ServerLogSettings {
  /** One JSON object per line instead of readable lines. */
  readonly json?: boolean
  /** Only warnings and errors. */
  readonly quiet?: boolean
  /** For tests and programs that start servers in their own process: no log at all. */
  readonly silent?: boolean
  /** Where the lines go; default stderr. */
  readonly stream?: NodeJS.WritableStream
}

export class ServerLog {
  readonly #name: string
  readonly #logger: Logger
  #closed: Promise<void> | undefined

  constructor(name: string, settings: ServerLogSettings = {}) {
    this.#name = name
    this.#logger = createLogger({
      level: settings.quiet === true ? 'warn' : 'info',
      silent: settings.silent === true,
      format: format.combine(format.timestamp(), settings.json === true ? format.json() : readable),
      transports: [new transports.Stream({ stream: new LogSink(settings.stream ?? process.stderr) })],
    })
  }

  info(message: string, details: object = {}): void {
    this.#write('info', message, details)
  }

  warn(message: string, details: object = {}): void {
    this.#write('warn', message, details)
  }

  error(message: string, details: object = {}): void {
    this.#write('error', message, details)
  }

  event(event: ServerEvent): void {
    const level = alarming.has(event.event) ? 'warn' : 'info'
    this.#write(level, wordsFor(event), event)
  }

  #write(level: 'info' | 'warn' | 'error', message: string, details: object): void {
    this.#logger.log(level, message, { ...besideOwnFields(details), server: this.#name })
  }

  /** Resolves when every line has been handed to the stream; a process that exits earlier loses lines. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#logger.once('finish', resolve)
      this.#logger.end()
    })
    return this.#closed
  }
}

/**
 * Fields that the logger itself writes. A detail of the same name would replace them (a line appeared under the name
 * of the server that it was about), or be appended to the text.
 */
const ownFields = new Set(['server', 'level', 'message', 'timestamp', 'stack', 'splat'])

function besideOwnFields(details: object): object {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      ownFields.has(key) ? `event_${key}` : key,
      value as unknown,
    ]),
  )
}

const alarming = new Set<ServerEvent['event']>([
  'orphaned',
  'child-lost',
  'clock-lost',
  'calendar-jumped',
  'time-differs',
  'parent-unreachable',
  'parent-says-nothing',
  'refused',
  'late-timers',
  'start-failed',
  'at-most-servers',
  'warning',
])

const readable = format.printf(({ timestamp, level, message, server }) => {
  const time = String(timestamp).slice(11, 23)
  return `${time} ${level === 'info' ? ' ' : level === 'warn' ? '!' : 'E'} ${String(server)}  ${String(message)}`
})
