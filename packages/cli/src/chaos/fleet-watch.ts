/** Looks at a fleet past all its cuts, through what its servers say of themselves. */
import type { ServerStatus } from '@jwp/protocol'
import { isWhole, type NetworkView, type SilentServer } from '../tree/network-view.js'
import { StatusLines } from '../tree/status-lines.js'
import type { Fleet } from './fleet.js'

export class FleetWatch {
  readonly #fleet: Fleet
  readonly #lines = new StatusLines()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** Never rejects; a paused server is silent after a while. */
  async look(): Promise<NetworkView> {
    const servers: ServerStatus[] = []
    const silent: SilentServer[] = []
    await Promise.all(
      this.#fleet.runningServers.map(async (name) => {
        const target = this.#fleet.statusTarget(name)
        try {
          servers.push(await this.#lines.ask(target))
        } catch (failure) {
          silent.push({
            endpoint: { hostname: target.host, port: target.port },
            id: undefined,
            reason: failure instanceof Error ? failure.message : String(failure),
          })
        }
      }),
    )
    return { servers, silent }
  }

  /** All servers of the fleet run and are one tree. */
  async isWhole(): Promise<boolean> {
    const { names, runningServers } = this.#fleet
    return runningServers.length === names.length && isWhole(await this.look(), names.length)
  }

  close(): void {
    this.#lines.close()
  }
}
