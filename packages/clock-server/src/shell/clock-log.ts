/** The clock's log: a few lines about its life, readable or JSON, on stderr. */
import { LogSink } from '@jwp/transport'
import { createLogger, format, transports, type Logger } from 'winston'

export interface ClockLogSettings {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly silent?: boolean
}

export function makeClockLog(settings: ClockLogSettings = {}): Logger {
  const readable = format.printf(({ timestamp, level, message }) => {
    return `${String(timestamp).slice(11, 23)} ${level === 'info' ? ' ' : '!'} clock  ${String(message)}`
  })
  return createLogger({
    level: settings.quiet === true ? 'warn' : 'info',
    silent: settings.silent === true,
    format: format.combine(format.timestamp(), settings.json === true ? format.json() : readable),
    transports: [new transports.Stream({ stream: new LogSink(process.stderr) })],
  })
}

/** Resolves when every line has been handed to the stream. */
export function closeClockLog(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.once('finish', resolve)
    log.end()
  })
}
