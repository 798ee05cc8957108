/** Looks at how a connection begins, and puts back what it has read. */
import type { Socket } from 'node:net'
import { hasSeenEnd } from '@jwp/lines'
import type { Dialect } from './first-bytes.js'

/**
 * Calls `onTold` once, as soon as `tell` knows. A connection that ends before that was a short line, if it said anything;
 * else it is destroyed.
 */
export function awaitFirstBytes<Told extends string>(
  socket: Socket,
  tell: (first: Buffer) => Told | Dialect | undefined,
  onTold: (told: Told | Dialect) => void,
): void {
  // Kept here until they tell: put back too early, they would only wake this listener again and again.
  let first: Buffer = Buffer.alloc(0)
  const look = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk !== null) first = first.length === 0 ? chunk : Buffer.concat([first, chunk])
    const told = tell(first) ?? (hasSeenEnd(socket) && first.length > 0 ? 'lines' : undefined)
    if (told === undefined) {
      if (hasSeenEnd(socket)) socket.destroy()
      return
    }
    socket.off('readable', look)
    socket.unshift(first)
    onTold(told)
  }
  socket.on('readable', look)
}
