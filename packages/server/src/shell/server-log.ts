/** The server's log: readable lines or JSON on stderr, through winston. Never written per message. */
import type { ServerEvent } from '@jwp/server/core'
import { LogSink } from '@jwp/transport'
import { createLogger, format, transports, type Logger } from 'winston'

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
 * What the logger itself says of each line. A detail of the same name would take its place (a line appeared under the name
 * of the server that it told of), or be appended to the text.
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
  'messages-replaced',
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

const servers = (count: number): string => `${count} server${count === 1 ? '' : 's'}`

function wordsFor(event: ServerEvent): string {
  switch (event.event) {
    case 'became-root':
      return `root of the tree, reign ${event.epochNumber}`
    case 'became-child':
      return `attached to ${event.parent}`
    case 'orphaned':
      return `lost its parent ${event.parent ?? ''}: ${event.why}`
    case 'users-gone':
      return `nobody in the tree is ${event.server}: its users are gone`
    case 'child-joined':
      return `child ${event.child} joined${event.size > 1 ? ` with ${event.size - 1} below it` : ''}`
    case 'child-lost':
      return `lost child ${event.child}: ${event.why}`
    case 'merging':
      return `another tree found: merging with ${event.withRoot}`
    case 'clients-moved':
      return `moved ${event.count} clients to ${event.to}, which has fewer`
    case 'entries-cut':
      return `${event.count} entries from ${event.from} on are ordered anew`
    case 'history-lost':
      return `parted for longer than the retention: ${event.count} entries of ${event.publishers} publishers are not known to the rest of the network`
    case 'messages-replaced':
      return `${event.count} messages are lost: another program had the same session in the other tree, under the same numbers (clients that name a holder number apart)`
    case 'clock-lost':
      return `no clock (${event.info}): ordering by hybrid time until it is back`
    case 'clock-back':
      return 'the clock is back'
    case 'calendar-jumped':
      return event.byMs > 0
        ? `this machine slept for ${inWords(event.byMs)}, or its calendar was set forward by that: hybrid time follows it`
        : `this machine's calendar was set back by ${inWords(-event.byMs)}: hybrid time goes on as before`
    case 'time-differs':
      return `this machine's calendar is ${inWords(Math.abs(event.aheadMs))} ${event.aheadMs > 0 ? 'ahead of' : 'behind'} the time in the log: set one of them right`
    case 'parent-unreachable':
      return `cannot join ${event.host}:${event.port} yet: ${event.info}`
    case 'asking-remembered':
      return event.named === undefined
        ? `looking for the network of the run before: asking ${servers(event.count)} that it knew`
        : `${event.named} does not answer: asking ${servers(event.count)} that the run before knew as well`
    case 'remembered-left-alone':
      return `not asking ${servers(event.count)} that the run before knew: without -rp and --data this server founds a network`
    case 'parent-says-nothing':
      return `what listens at ${event.host}:${event.port} has said nothing as a JWP server for ${Math.round(event.forMs / 1_000)} s: going on as if nobody were there`
    case 'refused':
      return `${event.by} refused us: ${event.why}`
    case 'late-timers':
      return `this process stood still for ${event.lateMs} ms`
    case 'client-silent':
      return `a client of ${event.username} has said nothing for ${event.forMs} ms: given up`
    case 'disk-failed':
      return `the disk takes nothing more: ${event.info}`
    case 'starting-server':
      return `starting another server: ${event.servers === 1 ? 'this one is' : `all ${event.servers} are`} full`
    case 'server-came':
      return `${event.newcomer} has come, ${Math.round(event.afterMs)} ms after it was started`
    case 'start-failed':
      return `starting another server failed: ${event.info}`
    case 'at-most-servers':
      return `${event.servers === 1 ? 'the only server is' : `all ${event.servers} servers are`} full, and there may be no more (--autoscale-max)`
    case 'idle':
      return event.clients === 0
        ? `no clients for ${event.forMs} ms: ending`
        : `not needed for ${event.forMs} ms: ending, there is room elsewhere for ${event.clients} clients`
    case 'kept-as-last':
      return `not needed for ${event.forMs} ms, but this is the last server of its network: it stays, with what nobody else has, until it is ended by hand`
    case 'leaving':
      return 'leaving the network'
    case 'warning':
      return event.info
  }
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
