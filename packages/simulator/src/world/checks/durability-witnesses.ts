/** The servers that must keep what a server says to be safe: those that live at that moment, and their disks. */
import type { AckLevel, ServerId } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'

/** A server counts as attached for the stable index once it has been a child for this long. */
const settledMs = 1_000

export class DurabilityWitnesses implements Observer {
  readonly #world: () => World
  readonly #attachedSinceMs = new Map<ServerProcess, number>()

  constructor(world: () => World) {
    this.#world = world
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event === 'became-root' || event.event === 'became-child') {
      this.#attachedSinceMs.set(server, this.#world().elapsedMs)
    }
    if (event.event === 'orphaned') this.#attachedSinceMs.delete(server)
  }

  rootOf(server: ServerProcess): ServerProcess | undefined {
    const byId = new Map<ServerId, ServerProcess>(
      this.#world()
        .alive()
        .map((other) => [other.id, other]),
    )
    let at: ServerProcess | undefined = server
    for (let steps = 0; steps < 64 && at !== undefined; steps++) {
      const { role, parent } = at.core.inspect()
      if (role === 'root') return at
      if (role === 'orphan' || parent === undefined) return undefined
      const above = byId.get(parent)
      // A child that was given up as silent (and perhaps sleeps) does not know yet that it is no child any more.
      if (above?.core.inspect().childIds.includes(at.id) !== true) return undefined
      at = above
    }
    return undefined
  }

  /**
   * Servers that claim to keep something only when it is written: a parent that holds, heirs, and a root without
   * children.
   */
  writers(by: ServerProcess, level: AckLevel): ServerProcess[] {
    const root = this.rootOf(by)
    if (root === undefined) return []
    const alive = this.#world().alive()
    const { parent } = by.core.inspect()
    const heirs = new Set(root.core.status().succession.map((heir) => heir.id))
    const writers =
      level === 'held' && by !== root
        ? alive.filter((other) => other.id === parent)
        : heirs.size === 0
          ? [root]
          : alive.filter((other) => heirs.has(other.id))
    return writers.filter((server) => server.options.disk?.isFull === false)
  }

  /** For `logged`: the root, its heirs, and the server that says so. */
  inSync(by: ServerProcess): ServerProcess[] {
    const root = this.rootOf(by)
    if (root === undefined) return [by]
    const heirs = new Set(root.core.status().succession.map((heir) => heir.id))
    const witnesses = this.#world()
      .alive()
      .filter((other) => other === root || other === by || heirs.has(other.id))
    return witnesses
  }

  /** For `held`. */
  holders(by: ServerProcess): ServerProcess[] {
    const root = this.rootOf(by)
    return this.#world()
      .alive()
      .filter((other) => root !== undefined && this.rootOf(other) === root)
  }

  /** For `everywhere`. */
  attached(by: ServerProcess): ServerProcess[] {
    const root = this.rootOf(by)
    const nowMs = this.#world().elapsedMs
    return this.#world()
      .alive()
      .filter((other) => {
        const sinceMs = this.#attachedSinceMs.get(other)
        return (
          other === by ||
          (root !== undefined &&
            sinceMs !== undefined &&
            nowMs - sinceMs >= settledMs &&
            this.rootOf(other) === root)
        )
      })
  }
}

/** Itself, or in a later run that found its disk. */
export function livesOn(server: ServerProcess): boolean {
  return server.isAlive || (server.continuedBy !== undefined && livesOn(server.continuedBy))
}
