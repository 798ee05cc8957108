/** The clock, run after run. Its ceiling outlives a crash, as the file of the real shell does. */
import type { ClockMessage, Timestamp } from '@jwp/protocol'
import { maxAheadMs, maxGrantCount, ticksPerMs, timestampAtUnixMs } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { Listener } from '../network/network.js'
import type { WorldParts } from '../world-parts.js'

/** How far ahead of what was granted the ceiling is written, in timestamps. */
const ceilingStep = 1_000 * ticksPerMs

export class ClockProcess implements Listener {
  readonly host = 'clock'
  readonly port = 3779
  readonly #parts: WorldParts
  isAlive = false
  #connections = new Set<Connection>()
  #ceiling: Timestamp = 0
  #next: Timestamp = 0

  constructor(parts: WorldParts) {
    this.#parts = parts
    parts.network.listen(`${this.host}:${this.port}`, this)
  }

  start(): void {
    if (this.isAlive) return
    this.isAlive = true
    this.#next = this.#ceiling
    this.#parts.observers.clockStarted()
  }

  crash(): void {
    if (!this.isAlive) return
    this.isAlive = false
    for (const connection of this.#connections) connection.crashFrom('acceptor')
    this.#connections.clear()
    this.#parts.observers.clockCrashed()
  }

  accept(connection: Connection): ConnectionEnd {
    this.#connections.add(connection)
    return {
      arrived: (frame) => connection.send('acceptor', this.#answer(frame as ClockMessage)),
      closed: () => this.#connections.delete(connection),
    }
  }

  #answer(message: ClockMessage): ClockMessage {
    if (message.type !== 'TIME')
      return { type: 'TIME_REFUSED', nonce: message.nonce, info: 'only TIME is answered here' }
    const { nonce, atLeast } = message
    const now = timestampAtUnixMs(this.#parts.queue.nowMs)
    if (atLeast > now + maxAheadMs * ticksPerMs)
      return { type: 'TIME_REFUSED', nonce, info: 'more than a day ahead' }
    const count = Math.min(message.count, maxGrantCount)
    const start = Math.max(now, this.#next, atLeast + 1)
    this.#next = start + count
    if (this.#next > this.#ceiling) this.#ceiling = this.#next + ceilingStep
    this.#parts.observers.clockGranted(start, count)
    return { type: 'GRANT', nonce, start, count }
  }
}
