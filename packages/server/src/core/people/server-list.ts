/** Where clients with the feature `servers` may go when this server dies, nearest first. Told on change. */
import type { Address, Endpoint } from '@jwp/protocol'
import { endpointOf, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'

const maxServers = 16

export class ServerList {
  readonly #parts: Parts
  #told = ''
  #nextMs = 0

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
    const { time, options, sessions, outbox } = this.#parts
    if (time.nowMs < this.#nextMs) return
    this.#nextMs = time.nowMs + options.timing.syncEveryMs
    const servers = this.current()
    const text = JSON.stringify(servers)
    if (text === this.#told) return
    this.#told = text
    for (const client of sessions.all()) {
      if (client.member !== undefined && client.features.has('servers'))
        outbox.tell(client.id, { command: 'SERVERS', servers })
    }
  }
}
