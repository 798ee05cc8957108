/** The clock, run after run, around its real core. Its ceiling outlives a crash, as the file of the shell does. */
import { ClockCore, defaultClockCoreOptions, type ClockEffect, type ClockInput } from '@jwp/clock-server/core'
import { ticksPerMs, type ClockMessage, type Timestamp } from '@jwp/protocol'
import type { Connection, ConnectionEnd } from '../network/connection.js'
import type { Listener } from '../network/network.js'
import type { WorldParts } from '../world-parts.js'

/** `twice`: the number of the grant before. `past`: a minute before the truth. `now-and-then`: either, in one of three answers. */
export type Lie = 'twice' | 'past' | 'now-and-then'

/** A write that survives a crash of the machine takes a moment, and a crash may come before it is done. */
const diskMs = [1, 15] as const
const minute = 60_000 * ticksPerMs

export class ClockProcess implements Listener {
  readonly host = 'clock'
  readonly port = 3779
  readonly #parts: WorldParts
  #core: ClockCore | undefined
  #connections = new Map<number, Connection>()
  /** Hosts that it refused when they asked last. */
  readonly #refused = new Set<string>()
  #nextAsker = 1
  #skewMs = 0
  /** What came while it sleeps; undefined: it is awake. */
  #unread: ClockInput[] | undefined
  #lie: Lie | undefined
  #grants = 0
  #before: Timestamp = 0
  /** What the disk holds. */
  #ceiling: Timestamp = 0

  constructor(parts: WorldParts) {
    this.#parts = parts
    parts.network.listen(`${this.host}:${this.port}`, this)
  }

  get isAlive(): boolean {
    return this.#core !== undefined
  }

  /** It has refused that host, whose log may be days ahead of it: that host has only hybrid time. */
  refuses(host: string): boolean {
    return this.#refused.has(host)
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
    this.#unread = undefined
    for (const connection of this.#connections.values()) connection.crashFrom('acceptor')
    this.#connections.clear()
    this.#parts.observers.clockCrashed()
  }

  /** SIGSTOP: its kernel accepts and receives, the process does not answer. */
  pause(): void {
    if (this.isAlive) this.#unread ??= []
  }

  resume(): void {
    const unread = this.#unread ?? []
    this.#unread = undefined
    for (const input of unread) this.#handle(input)
  }

  /** From now on it gives wrong numbers; undefined: no more. Its core knows nothing of that. */
  lie(lie: Lie | undefined): void {
    this.#lie = lie
  }

  /** The connections of the servers that ask now are dead, and stay open; a new connection works. */
  hangConnections(): void {
    for (const connection of this.#connections.values()) connection.hang()
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
    if (this.#unread !== undefined) {
      this.#unread.push(input)
      return
    }
    for (const effect of core.handle(input, Math.floor(this.#parts.queue.nowMs) + this.#skewMs))
      this.#execute(core, effect)
  }

  #execute(core: ClockCore, effect: ClockEffect): void {
    if (effect.type === 'answer') {
      const { message, asker } = effect
      const connection = this.#connections.get(asker)
      if (connection === undefined) return
      if (message.type === 'TIME_REFUSED') this.#refused.add(connection.diallerHost)
      else this.#refused.delete(connection.diallerHost)
      connection.send('acceptor', message.type === 'GRANT' ? this.#told(message) : message)
      return
    }
    const { ceiling } = effect
    this.#parts.queue.after(this.#parts.random.between(...diskMs), () => {
      if (core !== this.#core) return
      this.#ceiling = Math.max(this.#ceiling, ceiling)
      this.#handle({ type: 'ceiling-persisted', ceiling })
    })
  }

  /**
   * The grant as it is sent. The checkers judge what an honest clock grants; the servers must detect a wrong answer.
   */
  #told(grant: Extract<ClockMessage, { type: 'GRANT' }>): ClockMessage {
    const { start, count } = grant
    const before = this.#before
    this.#before = start
    const isLie = this.#lie !== undefined && (this.#lie !== 'now-and-then' || ++this.#grants % 3 === 0)
    if (!isLie) {
      this.#parts.observers.clockGranted(start, count)
      return grant
    }
    const isTwice = this.#lie === 'twice' || (this.#lie === 'now-and-then' && this.#grants % 2 === 0)
    return { ...grant, start: isTwice ? before : Math.max(1, start - minute) }
  }
}
