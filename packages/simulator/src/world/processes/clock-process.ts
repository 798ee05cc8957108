/** The clock, run after run, around its real core. Its ceiling outlives a crash, as the file of the shell does. */
import { ClockCore, defaultClockCoreOptions, type ClockEffect, type ClockInput } from '@jwp/clock-server/core'
import type { ClockMessage, Timestamp } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { Listener } from '../network/network.js'
import type { WorldParts } from '../world-parts.js'

/** A write that survives a crash of the machine takes a moment, and a crash may come before it is done. */
const diskMs = [1, 15] as const

export class ClockProcess implements Listener {
  readonly host = 'clock'
  readonly port = 3779
  readonly #parts: WorldParts
  #core: ClockCore | undefined
  #connections = new Map<number, Connection>()
  #nextAsker = 1
  #skewMs = 0
  /** What the disk holds. */
  #ceiling: Timestamp = 0

  constructor(parts: WorldParts) {
    this.#parts = parts
    parts.network.listen(`${this.host}:${this.port}`, this)
  }

  get isAlive(): boolean {
    return this.#core !== undefined
  }

  /** `skewMs`: how far its machine's own time is off. */
  start(skewMs = 0): void {
    if (this.isAlive) return
    this.#skewMs = skewMs
    this.#core = new ClockCore({ ceiling: this.#ceiling, ...defaultClockCoreOptions })
    this.#parts.observers.clockStarted()
  }

  crash(): void {
    if (!this.isAlive) return
    this.#core = undefined
    for (const connection of this.#connections.values()) connection.crashFrom('acceptor')
    this.#connections.clear()
    this.#parts.observers.clockCrashed()
  }

  accept(connection: Connection): ConnectionEnd {
    const asker = this.#nextAsker++
    this.#connections.set(asker, connection)
    return {
      arrived: (frame) => {
        const request = frame as ClockMessage
        if (request.type === 'TIME') this.#handle({ type: 'request', asker, request })
      },
      closed: () => {
        this.#connections.delete(asker)
        this.#handle({ type: 'asker-gone', asker })
      },
    }
  }

  #handle(input: ClockInput): void {
    const core = this.#core
    if (core === undefined) return
    for (const effect of core.handle(input, Math.floor(this.#parts.queue.nowMs) + this.#skewMs))
      this.#carryOut(core, effect)
  }

  #carryOut(core: ClockCore, effect: ClockEffect): void {
    if (effect.type === 'answer') {
      const { message, asker } = effect
      if (message.type === 'GRANT') this.#parts.observers.clockGranted(message.start, message.count)
      this.#connections.get(asker)?.send('acceptor', message)
      return
    }
    const { ceiling } = effect
    this.#parts.queue.after(this.#parts.random.between(...diskMs), () => {
      if (core !== this.#core) return
      this.#ceiling = Math.max(this.#ceiling, ceiling)
      this.#handle({ type: 'ceiling-persisted', ceiling })
    })
  }
}
