/** Carries clients between the core and their sockets. The same buffer goes to all clients that are up to date. */
import { randomBytes } from 'node:crypto'
import { asClientId, asSessionToken, type ClientId } from '@jwp/protocol'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import type { LineConnection } from '@jwp/lines'
import { addressGroup } from '@jwp/transport'
import { PacedReader } from './paced-reader.js'

export class ClientShell {
  readonly #handle: (input: ServerInput) => void
  readonly #connections = new Map<ClientId, LineConnection>()
  readonly #readers = new Map<ClientId, PacedReader>()
  readonly #maxRate: number | undefined
  readonly #silenceMs: number
  #next = 1
  /** For `/metrics`. */
  readonly counters = { linesIn: 0, bytesOut: 0, writes: 0 }

  /**
   * @param maxRate messages per second of one client; undefined: as fast as they come
   * @param silenceMs without a byte from a client after which the system checks whether it is still there
   */
  constructor(handle: (input: ServerInput) => void, maxRate: number | undefined, silenceMs: number) {
    this.#handle = handle
    this.#silenceMs = silenceMs
    this.#maxRate = maxRate
  }

  /** Written to sockets, and not taken by the system yet. */
  get unsentBytes(): number {
    let bytes = 0
    for (const connection of this.#connections.values()) bytes += connection.unsentBytes
    return bytes
  }

  opened(connection: LineConnection): void {
    const client = asClientId(this.#next++)
    this.#connections.set(client, connection)
    connection.keepAlive(this.#silenceMs)
    const reader = new PacedReader(connection, this.#maxRate)
    this.#readers.set(client, reader)
    connection.onClientLine = (line) => {
      this.counters.linesIn++
      this.#handle({ type: 'client-line', client, ...line })
      reader.took()
    }
    connection.onGarbled = (info) => {
      this.#handle({ type: 'client-garbled', client, info })
    }
    connection.onEnded = () => {
      this.#handle({ type: 'client-ended', client })
    }
    connection.onClosed = (isReset) => {
      this.#readers.delete(client)
      if (this.#connections.delete(client)) this.#handle({ type: 'client-closed', client, isReset })
    }
    connection.onBlocked = () => {
      this.#handle({ type: 'client-blocked', client })
    }
    connection.onDrained = () => {
      this.#handle({ type: 'client-drained', client })
    }
    const freshToken = asSessionToken(randomBytes(16).toString('hex'))
    const { dialect, remoteHost, reachedAt } = connection
    this.#handle({
      type: 'client-opened',
      client,
      remoteHost,
      addressGroup: addressGroup(remoteHost),
      reachedAt,
      freshToken,
      dialect,
    })
  }

  tell({ client, command }: ServerEffectOf<'send-to-client'>): void {
    this.#connections.get(client)?.writeCommand(command)
  }

  deliver({ clients, lines }: ServerEffectOf<'deliver'>): void {
    const buffer = lines.length === 1 ? lines[0]! : Buffer.concat(lines)
    for (const client of clients) {
      const connection = this.#connections.get(client)
      if (connection === undefined) continue
      connection.write(buffer)
      this.counters.writes++
      this.counters.bytesOut += buffer.length
    }
  }

  close({ client }: ServerEffectOf<'close-client'>): void {
    const connection = this.#connections.get(client)
    this.#connections.delete(client)
    this.#readers.delete(client)
    if (connection === undefined) return
    connection.onOver = (isReset) => {
      this.#handle({ type: 'client-closed', client, isReset })
    }
    connection.close()
  }

  pause({ client }: ServerEffectOf<'pause-client'>): void {
    this.#readers.get(client)?.pause()
  }

  resume({ client }: ServerEffectOf<'resume-client'>): void {
    this.#readers.get(client)?.resume()
  }

  closeAll(): void {
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
    this.#readers.clear()
  }
}
