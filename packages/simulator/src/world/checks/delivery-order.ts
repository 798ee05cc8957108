/** I1 and I2: every receiver gets every publisher's messages in order, none twice, none missing, none changed. */
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'
import type { Delivery } from '../processes/delivery.js'
import type { Accuse } from './violation.js'

export class DeliveryOrder implements Observer {
  readonly #last = new Map<ClientProcess, Map<string, number>>()
  readonly #texts = new Map<string, string>()
  readonly #accuse: Accuse
  deliveries = 0

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  clientDelivered(client: ClientProcess, { publisher, n, text }: Delivery): void {
    this.deliveries++
    let last = this.#last.get(client)
    if (last === undefined) this.#last.set(client, (last = new Map<string, number>()))
    const before = last.get(publisher)
    // What a server publishes for others has numbers that no client sees: registrations, questions to the log.
    const isNext = publisher.includes('#') ? n > (before ?? 0) : n === (before ?? n - 1) + 1
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
}
