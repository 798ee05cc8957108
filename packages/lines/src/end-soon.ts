import type { Socket } from 'node:net'

/** A peer that has not taken all that was written may take this many times the patience. */
const mostPeriods = 15

/**
 * Ends a socket that has its last words written already. A peer that reads them, however slowly, gets time to. Once the
 * system has all of them, one that does not end its own side for `patienceMs` is cut off: they still reach it.
 */
export function endSoon(socket: Socket, limitMs: number): void {
  socket.end()
  // Silence is no proof while something is unsent: the system takes the next bytes only when a large part of what it
  // holds has been read, which a slow line, or a reader without a processor, does not do in one period.
  socket.setTimeout(limitMs)
  socket.on('timeout', () => {
    if (socket.writableLength === 0) socket.destroy()
    else socket.setTimeout(limitMs)
  })
  const limit = setTimeout(() => socket.destroy(), mostPeriods * limitMs)
  // A process that is otherwise done does not stay for this.
  limit.unref()
  socket.once('close', () => {
    clearTimeout(limit)
  })
}
