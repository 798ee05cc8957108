import type { Socket } from 'node:net'

/** A reader that goes on reading may do so for this many times the patience. */
const mostPeriods = 15

/**
 * Ends a socket that has its last words written already. A peer that reads them, however slowly, gets time to; one
 * that takes nothing in for `patienceMs` is cut off, and so is one that then does not end its own side.
 */
export function endSoon(socket: Socket, patienceMs: number): void {
  socket.end()
  // Node's own timeout counts bytes that leave in the middle of a long write, which nothing public shows.
  socket.setTimeout(patienceMs, () => socket.destroy())
  const limit = setTimeout(() => socket.destroy(), mostPeriods * patienceMs)
  // A process that is otherwise done does not stay for this.
  limit.unref()
  socket.once('close', () => {
    clearTimeout(limit)
  })
}
