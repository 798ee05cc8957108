/** Opening a connection that speaks JSON lines: for clients and tools. */
import { connect } from 'node:net'
import { lookupQuickly, type DialTarget } from './dial-link.js'
import { LineConnection, type LineConnectionOptions } from './line-connection.js'
import type { DialAttempt, DialFailure } from './link.js'

/** Dials once. Exactly one of the outcomes is called, and not before this function has returned. */
export function dialLines(
  target: DialTarget,
  outcome: { onOpen(connection: LineConnection): void; onFailure(why: DialFailure, info: string): void },
  options: Omit<LineConnectionOptions, 'dialect'> = {},
): DialAttempt {
  const socket = connect({ host: target.host, port: target.port, lookup: lookupQuickly, noDelay: true })
  let settled = false
  socket.once('connect', () => {
    if (settled) return
    settled = true
    outcome.onOpen(new LineConnection(socket, { ...options, dialect: 'lines' }))
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (settled) return
    settled = true
    socket.destroy()
    const refused = error.code === 'ECONNREFUSED'
    outcome.onFailure(
      refused ? 'refused' : 'unreachable',
      refused ? `nobody listens at ${target.host}:${target.port}` : error.message,
    )
  })
  return {
    cancel: () => {
      if (settled) return
      settled = true
      socket.on('error', () => undefined)
      socket.destroy()
    },
  }
}
