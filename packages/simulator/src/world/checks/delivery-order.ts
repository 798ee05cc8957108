/** I1 and I2: every receiver gets every publisher's messages in order, none twice, none missing, none changed. */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { Delivery } from '../processes/delivery.js'
import { entryKey } from './log-shadow.js'
import type { Missed } from './missed.js'
import type { Accuse } from './violation.js'

export class DeliveryOrder implements Observer {
  readonly #last = new Map<ClientProcess, Map<string, number>>()
  readonly #texts = new Map<string, string>()
  readonly #missed: Missed
  readonly #accuse: Accuse
  deliveries = 0

  constructor(missed: Missed, accuse: Accuse) {
    this.#missed = missed
    this.#accuse = accuse
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

  /** It was told that all between these two are kept no longer. */
  #isAllMissed(client: ClientProcess, publisher: string, before: number, n: number): boolean {
    for (let between = before + 1; between < n; between++)
      if (!this.#missed.has(client, entryKey(publisher, between))) return false
    return n > before
  }
}
