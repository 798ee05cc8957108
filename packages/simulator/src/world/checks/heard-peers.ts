/** Where no fault makes a server silent, none is given up for being silent: however long its frames take. */
import type { ServerEvent } from '@jwp/server/core'
import type { Fault, FaultKind } from '../faults/fault.js'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { Accuse } from './violation.js'

/** Cuts, sleep, and frames that take longer than the silence limit before their first byte is there. */
const silent: readonly FaultKind[] = ['partition', 'flap', 'pause', 'slow']

const isSilent = (fault: Fault): boolean =>
  silent.includes(fault.kind) || (fault.kind === 'calendar' && fault.sleepsMs > 0)

export class HeardPeers implements Observer {
  readonly #world: () => World
  readonly #accuse: Accuse

  constructor(world: () => World, accuse: Accuse) {
    this.#world = world
    this.#accuse = accuse
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event !== 'orphaned' && event.event !== 'child-lost') return
    if (event.why !== 'silent for too long') return
    if (this.#world().plan.faults.some(isSilent)) return
    const peer = event.event === 'orphaned' ? event.parent : event.child
    this.#accuse('no peer that is heard is given up', `${server.id} takes ${peer} for dead`)
  }
}
