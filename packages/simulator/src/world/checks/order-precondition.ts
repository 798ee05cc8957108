/**
 * When one order for everybody is promised (ALGORITHM.md, section 6): nothing lasting that separates living servers,
 * and of {the root, its core} at least one survives each burst of crashes. Section 7 admits one more exception:
 * a further crash inside an election. What kind of run this was is decided here from the outside.
 */
import type { ServerEvent } from '@jwp/server/core'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import { simulatedTiming } from '../simulated-timing.js'
import type { World } from '../world.js'

export type OrderPromise =
  'holds' | 'core died' | 'crash inside an election' | 'parted too long' | 'founded apart'

/**
 * ALGORITHM.md says silence limit and grace. But a core orphan does not wait for the lost root, which may only sleep:
 * silence limit and two polls are enough for it to take over, and here that is less (a root that
 * slept for 1,500 ms woke up 28 ms after its heir's reign had begun, and ordered on).
 */
const longestPartingMs =
  simulatedTiming.silenceLimitMs + Math.min(simulatedTiming.graceMs, 2 * simulatedTiming.attachTimeoutMs)

export class OrderPrecondition implements Observer {
  readonly #world: () => World
  /** Core and root at the time when the root was lost; empty while there is one. */
  #electors: ServerProcess[] = []
  /** What is left of the cores of roots that were lost inside the election. */
  #briefCores: ServerProcess[][] = []
  #coreDied = false
  #crashInElection = false
  /** Trees that began from nothing: servers that found nobody for long enough. They have no order in common. */
  #founded = 0
  /** Somebody took over while another root was alive, parted from it. */
  #twoReigns = false

  constructor(world: () => World) {
    this.#world = world
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    if (event.event === 'became-root') {
      if (server.core.inspect().lineage.length === 1) this.#founded++
      const isOtherRoot = (other: ServerProcess): boolean =>
        other !== server && other.core.inspect().role === 'root'
      if (this.#world().alive().some(isOtherRoot)) this.#twoReigns = true
    }
    // An election is over when nobody looks for a parent any more; looked at when somebody finds one.
    if (this.#electors.length === 0 || (event.event !== 'became-child' && event.event !== 'became-root'))
      return
    const orphans = this.#world()
      .alive()
      .filter((server) => server.core.inspect().role === 'orphan')
    if (orphans.length > 0) return
    this.#electors = []
    this.#briefCores = []
  }

  serverEnded(server: ServerProcess): void {
    const alive = this.#world().alive()
    // A new root may reign, and die with all of its own core, before the last elector has come home.
    const newCore = server.core.inspect().role === 'root' ? heirsOf(server, alive) : undefined
    this.#briefCores = this.#briefCores.map((core) => core.filter((heir) => heir !== server))
    if (this.#electors.length > 0) {
      if (newCore !== undefined) this.#briefCores.push(newCore)
      if (this.#briefCores.some((core) => core.length === 0)) this.#coreDied = true
      this.#crashInElection = true
      this.#electors = this.#electors.filter((elector) => elector !== server)
      if (this.#electors.length === 0) this.#coreDied = true
      return
    }
    const { role } = server.core.inspect()
    if (role !== 'root') {
      if (role === 'orphan') this.#crashInElection = true
      return
    }
    // Somebody is still away from this root, and may be about to take over, or has: an election is not over.
    const isAway = (other: ServerProcess): boolean => {
      const { role: otherRole, lastIndex } = other.core.inspect()
      return otherRole === 'root' || (otherRole === 'orphan' && lastIndex > 0)
    }
    if (alive.some(isAway)) this.#crashInElection = true
    this.#electors = heirsOf(server, alive)
    if (this.#electors.length === 0) this.#coreDied = true
  }

  promise(): OrderPromise {
    const { faults } = this.#world().plan
    let partedMs = 0
    for (const fault of faults) {
      if (fault.kind === 'partition' || fault.kind === 'pause' || fault.kind === 'slow')
        partedMs += fault.forMs
      if (fault.kind === 'flap') partedMs += fault.times * (fault.downMs + fault.upMs)
    }
    // A silent root is given up after the silence limit and two polls, sooner than the grace: then two reigns overlap.
    if (partedMs > longestPartingMs || (partedMs > 0 && this.#twoReigns)) return 'parted too long'
    if (this.#founded > 1) return 'founded apart'
    if (this.#coreDied) return 'core died'
    // With nothing but crashes the order held in every run so far, so it is judged. (The prototype broke it once in
    // 28,000.) With a silent parting at the same time two roots may order for a moment.
    return this.#crashInElection && partedMs > 0 ? 'crash inside an election' : 'holds'
  }
}

function heirsOf(root: ServerProcess, alive: readonly ServerProcess[]): ServerProcess[] {
  const heirs = new Set(root.core.status().succession.map((heir) => heir.id))
  return alive.filter((other) => heirs.has(other.id))
}
