/** Where clients with the feature `servers` may go when this server dies, nearest first. Told on change. */
import type { Address, ClientId, Endpoint } from '@jwp/protocol'
import { endpointOf, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { ClientState } from './client-state.js'
import { seenByClient } from '../placement/seen-by-client.js'

/** Servers that a client is told of, at most. */
const maxServers = 16

export class ServerList {
  readonly #parts: Parts
  #told = ''
  #nextMs = 0
  /** Their sockets are full: only the last list counts, and it can wait until they read. */
  readonly #owed = new Set<ClientId>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Attached servers first; contacts, which may be long gone, last. */
  addresses(): Address[] {
    const { deadpool, children, self } = this.#parts
    const all = [
      ...deadpool.path.map((ancestor) => ancestor.address),
      ...[...children.all()].map((child) => child.address),
      ...deadpool.succession.map((heir) => heir.address),
      ...deadpool.members,
      ...deadpool.contacts,
    ]
    const list: Address[] = []
    for (const address of all) {
      if (list.length >= maxServers) break
      if (!sameEndpoint(address, self.address) && !list.some((other) => sameEndpoint(other, address)))
        list.push(address)
    }
    return list
  }

  /** As this client can reach them. */
  current(client: ClientState): Endpoint[] {
    return this.addresses().map((address) => endpointOf(seenByClient(client, address)))
  }

  tick(): void {
    const { time, options, sessions } = this.#parts
    if (time.nowMs < this.#nextMs) return
    this.#nextMs = time.nowMs + options.timing.syncEveryMs
    const text = JSON.stringify(this.addresses().map(endpointOf))
    if (text === this.#told) return
    this.#told = text
    for (const client of sessions.all())
      if (client.member !== undefined && client.features.has('servers')) this.#tell(client)
  }

  /** The client reads again. */
  drained(client: ClientId): void {
    const state = this.#owed.has(client) ? this.#parts.sessions.get(client) : undefined
    if (state !== undefined) this.#tell(state)
  }

  forget(client: ClientId): void {
    this.#owed.delete(client)
  }

  #tell(client: ClientState): void {
    if (this.#parts.streams.isBlocked(client.id)) {
      this.#owed.add(client.id)
      return
    }
    this.#owed.delete(client.id)
    this.#parts.outbox.tell(client.id, { command: 'SERVERS', servers: this.current(client) })
  }
}
