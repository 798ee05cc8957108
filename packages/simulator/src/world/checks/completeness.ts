/**
 * I5: in the end the log holds every message of every living client once, and every client has got every message
 * that was published while it was there, or knows that it is kept no longer.
 */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { World } from '../world.js'
import { entryKey } from './log-shadow.js'
import type { Missed } from './missed.js'
import type { Accuse } from './violation.js'

export class Completeness implements Observer {
  readonly #world: () => World
  readonly #missed: Missed
  readonly #accuse: Accuse
  readonly #publishedMs = new Map<string, number>()
  readonly #firstLoginMs = new Map<ClientProcess, number>()

  constructor(world: () => World, missed: Missed, accuse: Accuse) {
    this.#world = world
    this.#missed = missed
    this.#accuse = accuse
  }

  clientLoggedIn(client: ClientProcess): void {
    if (!this.#firstLoginMs.has(client)) this.#firstLoginMs.set(client, this.#world().elapsedMs)
  }

  clientPublished(client: ClientProcess, n: number): void {
    if (client.publisher !== undefined)
      this.#publishedMs.set(entryKey(client.publisher, n), this.#world().elapsedMs)
  }

  /**
   * To be called when the world is whole.
   * @param finalIndex the index of each entry in the final log
   * @param accounted and of those that it passes over, since they were dropped on the other side of a long partition
   */
  judge(finalIndex: ReadonlyMap<string, number>, accounted: ReadonlyMap<string, number>): void {
    const { clients } = this.#world()
    for (const client of clients) {
      if (!client.isAlive || client.publisher === undefined) continue
      for (let n = 1; n <= client.published; n++) {
        const key = entryKey(client.publisher, n)
        if (!accounted.has(key))
          this.#accuse('I5 nothing is lost', `${key} of ${client.options.name} is not in the log`)
      }
    }
    for (const key of finalIndex.keys()) {
      const publishedMs = this.#publishedMs.get(key)
      if (publishedMs === undefined) continue
      const colon = key.lastIndexOf(':')
      const n = Number(key.slice(colon + 1))
      const publisher = key.slice(0, colon)
      for (const client of clients) {
        const sinceMs = this.#firstLoginMs.get(client)
        if (
          !client.isAlive ||
          client.publisher === undefined ||
          sinceMs === undefined ||
          sinceMs >= publishedMs
        )
          continue
        if (client.highestSeen(publisher as never) < n && !this.#missed.has(client, key)) {
          this.#accuse('I5 every client gets everything', `${client.options.name} has not got ${key}`)
        }
      }
    }
  }
}
