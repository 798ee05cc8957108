/**
 * Acknowledged messages survive as promised, whether or not their client lives to send them again:
 * - `held`: while there is no more than one crash until the tree has healed;
 * - `logged`: while one of {root, its core, the publisher's server} at that time lives;
 * - `everywhere`: while one of the servers lives that were attached then.
 * A server with a disk lives on in its next run; then what its acknowledgement stood on must be written there.
 */
import { commonPrefix, type AckLevel, type ClientId, type ServerCommand } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { livesOn, type DurabilityWitnesses } from './durability-witnesses.js'
import { entryKey, type LogShadow } from './log-shadow.js'
import type { Accuse } from './violation.js'

interface Acknowledged {
  readonly key: string
  readonly level: AckLevel
  readonly atMs: number
  readonly by: ServerProcess
  /** One of these must live to the end for the promise to bind. */
  readonly witnesses: readonly ServerProcess[]
  /** Or one of these, perhaps in a later run that found its disk: they had it written before. */
  readonly writers: readonly ServerProcess[]
}

/** Time that a tree needs to heal from one crash, generously. */
const healingMs = 3_000

export class AcknowledgedSurvive implements Observer {
  readonly #world: () => World
  readonly #shadow: LogShadow
  readonly #witnesses: DurabilityWitnesses
  readonly #accuse: Accuse
  readonly #publishers = new Map<ServerProcess, Map<ClientId, string>>()
  readonly #told = new Map<string, number>()
  readonly #all: Acknowledged[] = []
  readonly #endsMs: number[] = []
  checked = 0
  notPromised = 0

  constructor(world: () => World, shadow: LogShadow, witnesses: DurabilityWitnesses, accuse: Accuse) {
    this.#world = world
    this.#shadow = shadow
    this.#witnesses = witnesses
    this.#accuse = accuse
  }

  serverEnded(): void {
    this.#endsMs.push(this.#world().elapsedMs)
  }

  serverTells(server: ServerProcess, client: ClientId, command: ServerCommand): void {
    if (command.command === 'LOGIN_SUCCESS' && command.publisher !== undefined) {
      let publishers = this.#publishers.get(server)
      if (publishers === undefined) this.#publishers.set(server, (publishers = new Map<ClientId, string>()))
      publishers.set(client, command.publisher)
    } else if (command.command === 'ACTIVITY_ACK') {
      const publisher = this.#publishers.get(server)?.get(client)
      if (publisher !== undefined) this.#acknowledge(server, publisher, command.id, command.level)
    }
  }

  /** To be called when the world is whole. */
  judge(finalIndex: ReadonlyMap<string, number>): void {
    for (const { key, level, atMs, by, witnesses, writers } of this.#all) {
      const isPromised =
        writers.some(livesOn) ||
        (level === 'held'
          ? this.#heldIsPromised(atMs, witnesses)
          : witnesses.some((server) => server.isAlive))
      if (!isPromised) {
        this.notPromised++
        continue
      }
      this.checked++
      if (!finalIndex.has(key)) {
        this.#accuse(
          `${level} messages survive`,
          `${key}, acknowledged by ${by.id} at ${Math.round(atMs)} ms, is lost`,
        )
      }
    }
  }

  #acknowledge(by: ServerProcess, publisher: string, id: number, level: AckLevel): void {
    const told = this.#told.get(publisher) ?? 0
    const atMs = this.#world().elapsedMs
    const witnesses =
      level === 'everywhere'
        ? this.#witnesses.attached(by)
        : level === 'logged'
          ? this.#witnesses.inSync(by)
          : this.#witnesses.holders(by)
    const writers = this.#witnesses.writers(by, level)
    for (let n = told + 1; n <= id; n++) {
      this.#all.push({ key: entryKey(publisher, n), level, atMs, by, witnesses, writers })
    }
    this.#told.set(publisher, Math.max(told, id))
    if (level === 'logged' && this.#endsMs.length === 0) this.#checkCopies(by, entryKey(publisher, id))
  }

  /** While no server has died, a logged message must really be with its witnesses. */
  #checkCopies(by: ServerProcess, key: string): void {
    if (this.#world().plan.faults.some((fault) => 'forMs' in fault || 'downMs' in fault)) return
    if (!this.#isOnItsRootsBranch(by)) return
    for (const witness of this.#witnesses.inSync(by)) {
      // The turn under way is not shadowed yet: only then is the core itself asked.
      if (this.#shadow.has(witness, key) || hasNow(witness, key)) continue
      this.#accuse(
        'logged means replicated',
        `${key} was acknowledged by ${by.id} before ${witness.id} had it`,
      )
    }
  }

  /** Two trees are just merging: what it has was logged in the one that is no more, and goes up again. */
  #isOnItsRootsBranch(by: ServerProcess): boolean {
    const root = this.#witnesses.rootOf(by)
    const { lineage, applied } = by.core.inspect()
    return root === undefined || commonPrefix(lineage, root.core.inspect().lineage) >= applied
  }

  #heldIsPromised(atMs: number, holders: readonly ServerProcess[]): boolean {
    // A root without children has no server to give a copy to.
    if (holders.length < 2) return false
    if (this.#world().plan.faults.some((fault) => 'forMs' in fault || 'downMs' in fault)) return false
    const near = this.#endsMs.filter((endMs) => endMs > atMs - healingMs && endMs < atMs + healingMs)
    // Later on it is logged, and loses its copies only with the whole core: that is what `logged` is judged by.
    return near.length <= 1 && this.#endsMs.filter((endMs) => endMs >= atMs).length <= 1
  }
}

function hasNow(server: ServerProcess, key: string): boolean {
  const { lastIndex, entryAt } = server.core.inspect()
  for (let index = lastIndex; index > 0; index--) {
    const entry = entryAt(index)
    if (entry === undefined) return false
    if (entryKey(entry.publisher, entry.n) === key) return true
  }
  return false
}
