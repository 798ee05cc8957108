/** Growth keeps its word: no server has more clients than it may, and none is started beyond the most. */
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

export class GrowthBounds implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse
  /** Servers that are being started, by the server that starts them. */
  readonly #starting = new Set<ServerProcess>()

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  serverTurnEnded(server: ServerProcess): void {
    const limit = server.options.growth?.maxClients ?? Infinity
    const { taken } = server.core.inspect().places
    if (taken > limit) this.#complain(`${server.id} has ${taken} clients and may have ${limit}`)
  }

  serverReports(server: ServerProcess, { event }: ServerEvent): void {
    if (event === 'server-came' || event === 'start-failed') this.#starting.delete(server)
    if (event !== 'starting-server') return
    this.#starting.add(server)
    const most = server.options.growth?.maxServers ?? Infinity
    const servers = this.#world().alive().length + this.#starting.size
    if (servers > most) this.#complain(`${server.id} starts server number ${servers} of ${most}`)
  }

  serverEnded(server: ServerProcess): void {
    this.#starting.delete(server)
  }

  #complain(what: string): void {
    this.#accuse('growth within its bounds', what)
  }
}
