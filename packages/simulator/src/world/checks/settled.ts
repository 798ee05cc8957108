/**
 * What all living servers have applied at one moment is settled: it keeps its log position for ever, in runs of any
 * kind, however long partitions last afterwards, while one of those servers lives. So in runs where one order for
 * everything is not promised it is judged for what was settled before.
 */
import { epochAt, type Lineage, type LogIndex } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import type { LogShadow, ShadowLog } from './log-shadow.js'
import type { Accuse } from './violation.js'

/** Often enough to settle most of what a run orders, and seldom enough to cost little. */
const lookEveryMs = 200

export class Settled implements Observer {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #hasCoreDied: () => boolean
  readonly #accuse: Accuse
  /** Keys of the entries 1, 2, 3… */
  readonly #keys: string[] = []

  /**
   * @param hasCoreDied a root and all its in-sync children died: then the server that founds a tree first may have a
   * short log
   */
  constructor(world: () => World, shadow: LogShadow, hasCoreDied: () => boolean, accuse: Accuse) {
    this.#world = world
    this.#shadow = shadow
    this.#hasCoreDied = hasCoreDied
    this.#accuse = accuse
  }

  get count(): number {
    return this.#keys.length
  }

  watch(): void {
    const { queue } = this.#world()
    queue.after(lookEveryMs, () => {
      this.#look()
      this.watch()
    })
  }

  /**
   * What no living server has any more is no longer settled: it may be on a disk, or with a server that never applied
   * it.
   */
  serverEnded(): void {
    let most = 0
    for (const server of this.#world().alive()) {
      const { entries, applied } = this.#shadow.of(server)
      let same = Math.min(applied, this.#keys.length)
      while (same > most && entries[same - 1]?.key !== this.#keys[same - 1]) same--
      most = Math.max(most, same)
    }
    this.#keys.length = Math.min(this.#keys.length, most)
  }

  /** To be called when the world is whole. */
  judge({ entries, indexByKey }: ShadowLog): void {
    const moved = this.#keys.findIndex((key, k) => entries[k]?.key !== key)
    if (moved < 0) return
    const key = this.#keys[moved]!
    this.#accuse(
      'I3 what all servers have applied keeps its place',
      `${key} was at ${moved + 1} everywhere, and in the end at ${indexByKey.get(key) ?? 'no place'}`,
    )
  }

  /** Dead, but with a disk: they may come back with what they had. */
  #sleepers(): ServerProcess[] {
    return this.#world().servers.filter(
      ({ isAlive, continuedBy, options }) =>
        !isAlive && continuedBy === undefined && options.disk !== undefined,
    )
  }

  #isHeadless(): boolean {
    return this.#world()
      .alive()
      .some((server) => server.core.inspect().role === 'orphan')
  }

  /** Any server may become the root now, and what it has not received loses its position. */
  #forgetBeyondTheShortest(): void {
    const applied = this.#world()
      .alive()
      .map((server) => server.core.inspect().applied)
    this.#keys.length = Math.min(this.#keys.length, ...applied)
  }

  #isOnAnotherBranch(server: ServerProcess, lineage: Lineage, end: LogIndex): boolean {
    const { entries } = this.#shadow.of(server)
    const last = Math.min(end, entries.length)
    return last > 0 && entries[last - 1]!.epoch !== epochAt(lineage, last)
  }

  #look(): void {
    // A server that has just begun has applied nothing, and will get it all.
    const logs = this.#world()
      .alive()
      .map((server) => ({ server, ...server.core.inspect() }))
      .filter(({ lastIndex }) => lastIndex > 0)
    if (this.#hasCoreDied() && this.#isHeadless()) this.#forgetBeyondTheShortest()
    const end = Math.min(...logs.map(({ applied }) => applied))
    const [first, ...others] = logs
    if (first === undefined || end <= this.#keys.length) return
    const epoch = epochAt(first.lineage, end)
    if (others.some(({ lineage }) => epochAt(lineage, end) !== epoch)) return
    if (this.#sleepers().some((server) => this.#isOnAnotherBranch(server, first.lineage, end))) return
    const { entries } = this.#shadow.of(first.server)
    for (const { key } of entries.slice(this.#keys.length, end)) this.#keys.push(key)
  }
}
