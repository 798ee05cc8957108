/** Opening a connection that speaks JSON lines: for clients and tools. */
import { failLater, type DialAttempt, type DialFailure } from './dial-attempt.js'
import { failureInfo, failureOf, flawOf, type DialTarget } from './dial-failure.js'
import { LineConnection, type LineConnectionOptions } from './line-connection.js'
import { openSocket } from './open-socket.js'

/** Dials once. Exactly one of the outcomes is called, and not before this function has returned. */
export function dialLines(
  target: DialTarget,
  outcome: { onOpen(connection: LineConnection): void; onFailure(why: DialFailure, info: string): void },
  options: Omit<LineConnectionOptions, 'dialect'> = {},
): DialAttempt {
  const flaw = flawOf(target)
  if (flaw !== undefined) return failLater(outcome, flaw)
  return openSocket(target, {
    onOpen: (socket) => {
      outcome.onOpen(new LineConnection(socket, { ...options, dialect: 'lines' }))
    },
    onFailure: (error) => {
      outcome.onFailure(failureOf(error), failureInfo(target, error))
    },
  })
}
