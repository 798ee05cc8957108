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
