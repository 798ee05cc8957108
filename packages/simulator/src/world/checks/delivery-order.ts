/** I1 and I2: every receiver gets every publisher's messages in order, none twice, none missing, none changed. */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { Delivery } from '../processes/delivery.js'
import { isVisit } from './is-visit.js'
import { entryKey } from './log-shadow.js'
import type { Missed } from './missed.js'
import type { Accuse } from './violation.js'

export class DeliveryOrder implements Observer {
  readonly #last = new Map<ClientProcess, Map<string, number>>()
  readonly #texts = new Map<string, string>()
  /** The last number of each publisher. */
  readonly #published = new Map<string, number>()
  /** Of users who come and go: what had been published when they were let in first. */
  readonly #before = new Map<ClientProcess, ReadonlyMap<string, number>>()
  readonly #missed: Missed
  readonly #accuse: Accuse
  deliveries = 0

  constructor(missed: Missed, accuse: Accuse) {
    this.#missed = missed
    this.#accuse = accuse
  }

  clientPublished(client: ClientProcess, n: number): void {
    if (client.publisher !== undefined) this.#published.set(client.publisher, n)
  }

  clientLoggedIn(client: ClientProcess): void {
    // A login that the user never heard of counts: what was sent after it was cut off is not kept for it.
    const mayHaveBeenAway = isVisit(client.host) || client.options.username !== undefined
    if (mayHaveBeenAway && !this.#before.has(client)) this.#before.set(client, new Map(this.#published))
  }

  clientDelivered(client: ClientProcess, { publisher, n, text }: Delivery): void {
    this.deliveries++
    let last = this.#last.get(client)
    if (last === undefined) this.#last.set(client, (last = new Map<string, number>()))
    const before = last.get(publisher)
    // What a server publishes for others has numbers that no client sees: registrations, questions to the log.
    const isNext = publisher.includes('#')
      ? n > (before ?? 0)
      : n === (before ?? n - 1) + 1 || this.#isAllMissed(client, publisher, before!, n)
    if (before !== undefined && !isNext) {
      const how = n <= before ? 'came twice' : 'came after a gap'
      this.#accuse(
        'I1/I2 each message once, in order',
        `${client.options.name}: ${publisher}:${n} ${how}, last was ${before}`,
      )
    }
    last.set(publisher, n)
    const key = `${publisher}:${n}`
    const known = this.#texts.get(key)
    if (known === undefined) this.#texts.set(key, text)
    else if (known !== text)
      this.#accuse('messages unchanged', `${key} is "${text}" here and "${known}" elsewhere`)
  }

  /**
   * It was told that all between these two are no longer kept. And a user who comes back gets first what it had not
   * handled, and not what was sent while it was away.
   */
  #isAllMissed(client: ClientProcess, publisher: string, before: number, n: number): boolean {
    const old = this.#before.get(client)?.get(publisher) ?? 0
    for (let between = Math.max(before, old) + 1; between < n; between++)
      if (!this.#missed.has(client, entryKey(publisher, between))) return false
    return n > before
  }
}
