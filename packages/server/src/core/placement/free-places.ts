/** Gives away the places that other servers have announced, each once, at the one with the fewest clients first. */
import type { Address, ServerLoad } from '@jwp/protocol'

interface Server {
  readonly address: Address
  clients: number
  readonly limit: number
}

export class FreePlaces {
  readonly #servers: readonly Server[]

  constructor(loads: readonly ServerLoad[]) {
    this.#servers = loads.map(({ address, clients, limit = Infinity }) => ({ address, clients, limit }))
  }

  take(): Address | undefined {
    let best: Server | undefined
    for (const server of this.#servers)
      if (server.clients < server.limit && server.clients < (best?.clients ?? Infinity)) best = server
    if (best !== undefined) best.clients++
    return best?.address
  }
}
