/**
 * What a client of the old protocol is promised, within one connection: no message twice, and each sender's messages
 * in order; of senders that number their messages not one is
 * missing for who has no name.
 */
import type { Observer } from '../observers.js'
import type { PlainClient } from '../processes/plain-client.js'
import type { Accuse } from './violation.js'

export class PlainDelivery implements Observer {
  /** Per client the connection that it is about, and the last number of each voice heard in it. */
  readonly #heard = new Map<PlainClient, { life: number; last: Map<string, number> }>()
  readonly #isExcused: () => boolean
  readonly #accuse: Accuse
  deliveries = 0

  /** @param isExcused trees lived apart for longer than a publisher is remembered: each has forgotten whom the other heard */
  constructor(isExcused: () => boolean, accuse: Accuse) {
    this.#isExcused = isExcused
    this.#accuse = accuse
  }

  plainDelivered(client: PlainClient, text: string): void {
    this.deliveries++
    const space = text.indexOf(' ')
    const voice = text.slice(0, space)
    const n = Number(text.slice(text.lastIndexOf(' ') + 1))
    let heard = this.#heard.get(client)
    if (heard?.life !== client.life) this.#heard.set(client, (heard = { life: client.life, last: new Map() }))
    const last = heard.last.get(voice)
    heard.last.set(voice, n)
    if (last === undefined) return
    // A plain sender's number only shows its order: what its server lost with it is not sent again. And a user who
    // comes back under this name gets first what it missed while it was connected, and not what was sent in between.
    const mayJump = voice.includes('/') || client.options.username !== undefined
    const isFine = mayJump ? n > last : n === last + 1
    if (!isFine && !this.#isExcused()) {
      this.#accuse(
        'plain clients get each message once, in order',
        `${client.voice} got "${text}" after number ${last}`,
      )
    }
  }
}
