/** I3: all clients see one order. Judged at the end, against the log that all servers then have. */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { Delivery } from '../processes/delivery.js'

export class TotalOrder implements Observer {
  readonly #sequences = new Map<ClientProcess, string[]>()

  clientDelivered(client: ClientProcess, { publisher, n }: Delivery): void {
    let sequence = this.#sequences.get(client)
    if (sequence === undefined) this.#sequences.set(client, (sequence = []))
    sequence.push(`${publisher}:${n}`)
  }

  /** @param finalPlaces where each entry is in the final log, rising. Returns who saw what in another order. */
  disagreements(finalPlaces: ReadonlyMap<string, readonly number[]>): string[] {
    const found: string[] = []
    for (const [client, sequence] of this.#sequences) {
      let highest = 0
      let highestKey = ''
      for (const key of sequence) {
        const places = finalPlaces.get(key)
        if (places === undefined) {
          found.push(`${client.options.name} got ${key}, which is not in the final log`)
          break
        }
        const index = places.find((place) => place >= highest)
        if (index === undefined) {
          found.push(
            `${client.options.name} got ${key} (final ${places.join(', ')}) after ${highestKey} (final ${highest})`,
          )
          break
        }
        highest = index
        highestKey = key
      }
    }
    return found
  }
}
