/** Where clients with the feature `servers` may go when this server dies, nearest first. Told on change. */
import type { Address, ClientId, Endpoint } from '@jwp/protocol'
import { endpointOf, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'

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

  current(): Endpoint[] {
    return this.addresses().map(endpointOf)
  }

  tick(): void {
    const { time, options, sessions } = this.#parts
    if (time.nowMs < this.#nextMs) return
    this.#nextMs = time.nowMs + options.timing.syncEveryMs
    const servers = this.current()
    const text = JSON.stringify(servers)
    if (text === this.#told) return
    this.#told = text
    for (const client of sessions.all())
      if (client.member !== undefined && client.features.has('servers')) this.#tell(client.id, servers)
  }

  /** The client reads again. */
  drained(client: ClientId): void {
    if (this.#owed.has(client)) this.#tell(client, this.current())
  }

  forget(client: ClientId): void {
    this.#owed.delete(client)
  }

  #tell(client: ClientId, servers: readonly Endpoint[]): void {
    if (this.#parts.streams.isBlocked(client)) {
      this.#owed.add(client)
      return
    }
    this.#owed.delete(client)
    this.#parts.outbox.tell(client, { command: 'SERVERS', servers })
  }
}
