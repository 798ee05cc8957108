/**
 * Where the clients of a server that leaves can go. Whoever is named to them was asked just now, and has answered: one that
 * is dead, or leaves as well, is named to nobody. When all servers of a machine are ended at once, each would otherwise send
 * its clients to the next one that goes.
 */
import type { Address, LinkId, ServerMessageOf } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import { endpointKey } from '../tree/deadpool.js'
import { FreePlaces } from './free-places.js'

/** Servers asked. Beyond these nobody is needed: those who answer share the clients. */
const maxAsked = 16

interface Talk {
  readonly to: Address
  /** Clients that it takes; undefined: it has not answered. */
  places: number | undefined
}

export class Refuge {
  readonly #parts: Parts
  readonly #talks = new Map<LinkId, Talk>()
  /** Who has answered, in the order of asking: nearer servers first among those with the same load. */
  readonly #asked: Talk[] = []
  #clients = 0
  #share = 0
  #untilMs: number | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @param clients how many have to go somewhere */
  ask(clients: number): void {
    const { loads, serverList, links, time, timers, options, self } = this.#parts
    this.#clients = clients
    const known = new Map<string, Address>()
    for (const address of [...loads.known().map((load) => load.address), ...serverList.addresses()])
      if (known.size < maxAsked && endpointKey(address) !== endpointKey(self.address))
        known.set(endpointKey(address), address)
    if (clients === 0 || known.size === 0) return
    this.#share = Math.ceil(clients / known.size)
    this.#untilMs = time.nowMs + Math.min(timers.attachTimeoutMs(), options.timing.leaveWaitMs / 2)
    for (const to of known.values()) {
      const talk: Talk = { to, places: undefined }
      this.#asked.push(talk)
      this.#talks.set(links.dial(to, 'refuge'), talk)
    }
  }

  opened(link: LinkId): void {
    const talk = this.#talks.get(link)
    if (talk === undefined) return
    this.#parts.links.send(link, {
      type: 'OFFER',
      secret: talk.to.secret,
      clients: this.#clients,
      count: this.#share,
      full: true,
    })
  }

  answered(link: LinkId, { count }: ServerMessageOf<'OFFER_RESULT'>): void {
    const talk = this.#talks.get(link)
    if (talk === undefined) return
    talk.places = Math.min(count, this.#share)
    this.#talks.delete(link)
    this.#parts.links.close(link)
  }

  /** Dead, or leaving as we are. */
  lost(link: LinkId): void {
    this.#talks.delete(link)
  }

  /** All have answered, or had their time. */
  get isKnown(): boolean {
    return this.#talks.size === 0 || this.#untilMs === undefined || this.#parts.time.nowMs >= this.#untilMs
  }

  nextDeadlineMs(): number | undefined {
    return this.#talks.size === 0 ? undefined : this.#untilMs
  }

  /** One server for each client; undefined: nobody is there. Asks no more. */
  take(): () => Address | undefined {
    const { loads, links } = this.#parts
    for (const link of this.#talks.keys()) links.close(link)
    this.#talks.clear()
    const there = this.#asked.filter((talk) => talk.places !== undefined)
    const promised = there.flatMap(({ to, places = 0 }) => Array<Address>(places).fill(to))
    // Those whom nobody has promised a place: some that were asked are gone. Where places are counted, nobody is sent to a
    // full server as long as there are others.
    const free = new FreePlaces(
      loads
        .known()
        .filter(({ address }) => there.some(({ to }) => endpointKey(to) === endpointKey(address)))
        .map((load) => ({ ...load, clients: load.clients + this.#share })),
    )
    let turn = 0
    return () => promised.shift() ?? free.take() ?? there[turn++ % Math.max(1, there.length)]?.to
  }
}
