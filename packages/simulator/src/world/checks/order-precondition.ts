/**
 * When one order for all clients is promised (docs/failure-model.md): nothing lasting that separates living servers,
 * and of {the root, its in-sync children} at least one survives each burst of crashes. One more exception: a further
 * crash inside an election. What kind of run this was is decided here from the outside.
 */
import type { ServerEvent } from '@jwp/server/core'
import { partitionsOf, type Partition } from '../faults/partitions.js'
import { longLineMs } from '../plan/draw-lines.js'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import { longestPartitionMs } from '../simulated-timing.js'
import type { World } from '../world.js'

export type OrderPromise =
  | 'holds'
  | 'in-sync children died'
  | 'crash inside an election'
  | 'partitioned too long'
  | 'two trees founded'

/** An election that begins in a partition, or is surprised by one, is over by then. */
const electionMs = 2_000

export class OrderPrecondition implements Observer {
  readonly #world: () => World
  /** Core and root at the time when the root was lost; empty while there is one. */
  #electors: ServerProcess[] = []
  /** What is left of the cores of roots that were lost inside the election. */
  #briefInSync: ServerProcess[][] = []
  #inSyncDied = false
  readonly #crashesInElectionMs: number[] = []
  /** Trees that began from nothing: servers that found no other for long enough. They have no order in common. */
  #founded = 0

  constructor(world: () => World) {
    this.#world = world
  }

  serverReports(server: ServerProcess, event: ServerEvent): void {
    // A server that leaves takes over nothing: for the election it is as if it had died.
    if (event.event === 'leaving' && this.#electors.length > 0) this.#lostElector(server)
    if (event.event === 'became-root' && server.core.inspect().lineage.length === 1) this.#founded++
    // An election is over when no server looks for a parent any more; checked when one finds a parent.
    if (this.#electors.length === 0 || (event.event !== 'became-child' && event.event !== 'became-root'))
      return
    const orphans = this.#world()
      .alive()
      .filter((server) => server.core.inspect().role === 'orphan')
    if (orphans.length > 0) return
    this.#electors = []
    this.#briefInSync = []
  }

  serverEnded(server: ServerProcess): void {
    const alive = this.#world().alive()
    // A new root may order, and die with all of its own in-sync children, before the last elector has come home.
    const newInSync = server.core.inspect().role === 'root' ? heirsOf(server, alive) : undefined
    this.#briefInSync = this.#briefInSync.map((inSync) => inSync.filter((heir) => heir !== server))
    if (this.#electors.length > 0) {
      if (newInSync !== undefined) this.#briefInSync.push(newInSync)
      if (this.#briefInSync.some((inSync) => inSync.length === 0)) this.#inSyncDied = true
      this.#crashedInElection()
      this.#lostElector(server)
      return
    }
    const { role } = server.core.inspect()
    if (role !== 'root') {
      if (role === 'orphan') this.#crashedInElection()
      return
    }
    // A server is still away from this root, and may be about to take over, or has: an election is not over.
    const isAway = (other: ServerProcess): boolean => {
      const { role: otherRole, lastIndex } = other.core.inspect()
      return otherRole === 'root' || (otherRole === 'orphan' && lastIndex > 0)
    }
    if (alive.some(isAway)) this.#crashedInElection()
    this.#electors = heirsOf(server, alive)
    if (this.#electors.length === 0) this.#inSyncDied = true
  }

  /** Of a root and its in-sync children none was left. */
  get hasCoreDied(): boolean {
    return this.#inSyncDied
  }

  /** Some tree began from nothing beside another one. */
  get isFoundedApart(): boolean {
    return this.#founded > 1
  }

  promise(): OrderPromise {
    const { plan, servers } = this.#world()
    const partitions = partitionsOf(plan.faults, new Set(servers.map((server) => server.host)))
    // What was under way when a cut ended takes as long again as the line is long.
    if (partitions.length > 0 && plan.network.latencyMs[1] > longLineMs) return 'partitioned too long'
    if (partitions.some(({ fromMs, toMs }) => toMs - fromMs > longestPartitionMs))
      return 'partitioned too long'
    if (this.isFoundedApart) return 'two trees founded'
    if (this.#inSyncDied) return 'in-sync children died'
    // With nothing but crashes the order held in every run so far, so it is judged. (The prototype broke it once in
    // 28,000.) With a silent partition at the same time two roots may order for a moment.
    return this.#crashesInElectionMs.some((atMs) => partitions.some((partition) => isNear(atMs, partition)))
      ? 'crash inside an election'
      : 'holds'
  }

  #lostElector(server: ServerProcess): void {
    this.#electors = this.#electors.filter((elector) => elector !== server)
    if (this.#electors.length === 0) this.#inSyncDied = true
  }

  #crashedInElection(): void {
    this.#crashesInElectionMs.push(this.#world().elapsedMs)
  }
}

function isNear(atMs: number, { fromMs, toMs }: Partition): boolean {
  return atMs > fromMs - electionMs && atMs < toMs + electionMs
}

function heirsOf(root: ServerProcess, alive: readonly ServerProcess[]): ServerProcess[] {
  const heirs = new Set(root.core.status().succession.map((heir) => heir.id))
  return alive.filter((other) => heirs.has(other.id))
}
