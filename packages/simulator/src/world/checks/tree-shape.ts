/** No ring of servers, at any moment. */
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

export class TreeShape implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event !== 'became-child') return
    const alive = this.#world().alive()
    const ring = [server.host]
    let above = event.parent
    for (let steps = 0; steps < alive.length; steps++) {
      const parent = alive.find((other) => other.id === above)
      if (parent === undefined) return
      ring.push(parent.host)
      if (parent === server) {
        this.#accuse('no ring', ring.join(' below '))
        return
      }
      const next = parent.core.inspect().parent
      if (next === undefined) return
      above = next
    }
  }
}
