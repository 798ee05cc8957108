/** What Node's sockets know and do not say plainly. */
import type { Socket } from 'node:net'

/** The end has come, whether or not all bytes before it were read. Node tells the second only with its private state. */
export function hasSeenEnd(socket: Socket): boolean {
  return (socket as unknown as { _readableState?: { ended?: boolean } })._readableState?.ended === true
}

/** The other end's address, in the form in which it can be dialled. */
export function hostOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}

/** The same for a socket and for what TLS makes of it, while it is open. */
export function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`
}

/** The address of this machine by which the other end has reached it. */
export function reachedAtOf(socket: Socket): string {
  return (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}

/** What became of a connection, for people. */
export function fateOf(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the other end is gone'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the other end is out of reach'
    default:
      return error.message
  }
}
