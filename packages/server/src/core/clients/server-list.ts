/**
 * The servers that a client with the feature `servers` may go to when this server dies, nearest first. Sent on
 * change.
 */
import type { Address, ClientId, Endpoint } from '@jwp/protocol'
import { endpointOf, sameEndpoint } from '@jwp/protocol'
import type { ClientState } from './client-state.js'
import type { SessionListener } from './session-listener.js'
import { seenByClient } from '../placement/seen-by-client.js'
import type { Deadpool } from '../tree/deadpool.js'
import type { Children } from '../tree/children.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { ServerOptions } from '../options.js'
import type { Sessions } from './sessions.js'
import type { FanOut } from './fan-out.js'
import type { Outbox } from '../outbox.js'

export interface ServerListNeeds {
  readonly deadpool: Pick<Deadpool, 'contacts' | 'heirs' | 'members' | 'path'>
  readonly children: Pick<Children, 'all'>
  readonly self: Pick<Self, 'address'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly sessions: Pick<Sessions, 'all' | 'get'>
  readonly fanOut: Pick<FanOut, 'isBlocked'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
}

/** Servers in the list of a client, at most. */
const maxServers = 16

export class ServerList implements SessionListener {
  readonly #needs: ServerListNeeds
  #told = ''
  #nextMs = 0
  /** Their sockets are full: only the last list counts, and it can wait until they read. */
  readonly #due = new Set<ClientId>()

  constructor(needs: ServerListNeeds) {
    this.#needs = needs
  }

  /** Attached servers first; contacts, which may be long gone, last. */
  addresses(): Address[] {
    const { deadpool, children, self } = this.#needs
    const all = [
      ...deadpool.path.map((ancestor) => ancestor.address),
      ...[...children.all()].map((child) => child.address),
      ...deadpool.heirs.map((heir) => heir.address),
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
    const { time, options, sessions } = this.#needs
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
    const state = this.#due.has(client) ? this.#needs.sessions.get(client) : undefined
    if (state !== undefined) this.#tell(state)
  }

  clientLeft({ id }: ClientState): void {
    this.#due.delete(id)
  }

  #tell(client: ClientState): void {
    if (this.#needs.fanOut.isBlocked(client.id)) {
      this.#due.add(client.id)
      return
    }
    this.#due.delete(client.id)
    this.#needs.outbox.sendToClient(client.id, { command: 'SERVERS', servers: this.current(client) })
  }
}
