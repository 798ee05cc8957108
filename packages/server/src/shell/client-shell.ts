/** Carries clients between the core and their sockets. The same buffer goes to all clients that are up to date. */
import { randomBytes } from 'node:crypto'
import { asClientId, asSessionToken, type ClientId } from '@jwp/protocol'
import type { ServerEffectOf, ServerInput } from '@jwp/server/core'
import type { LineConnection } from '@jwp/transport'

export class ClientShell {
  readonly #handle: (input: ServerInput) => void
  readonly #connections = new Map<ClientId, LineConnection>()
  #next = 1
  /** For `/metrics`. */
  readonly counters = { linesIn: 0, bytesOut: 0, writes: 0 }

  constructor(handle: (input: ServerInput) => void) {
    this.#handle = handle
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
    connection.onValue = (value) => {
      this.counters.linesIn++
      this.#handle({ type: 'client-line', client, value })
    }
    connection.onGarbled = (info) => {
      this.#handle({ type: 'client-garbled', client, info })
    }
    connection.onClosed = () => {
      if (this.#connections.delete(client)) this.#handle({ type: 'client-closed', client })
    }
    connection.onBlocked = () => {
      this.#handle({ type: 'client-blocked', client })
    }
    connection.onDrained = () => {
      this.#handle({ type: 'client-drained', client })
    }
    const freshToken = asSessionToken(randomBytes(16).toString('hex'))
    const { dialect, remoteHost } = connection
    this.#handle({ type: 'client-opened', client, remoteHost, freshToken, dialect })
  }

  tell({ client, command }: ServerEffectOf<'tell'>): void {
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

  hangUp({ client }: ServerEffectOf<'hang-up'>): void {
    const connection = this.#connections.get(client)
    this.#connections.delete(client)
    connection?.close()
  }

  hold({ client }: ServerEffectOf<'hold-client'>): void {
    this.#connections.get(client)?.hold()
  }

  release({ client }: ServerEffectOf<'release-client'>): void {
    this.#connections.get(client)?.release()
  }

  closeAll(): void {
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }
}
