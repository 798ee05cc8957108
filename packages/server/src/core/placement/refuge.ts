/**
 * Where the clients of a leaving server can go. Only servers that were asked just now, and have answered, are named;
 * one that is dead, or leaves as well, is not. When all servers of a machine are ended at once, each would otherwise
 * send its clients to the next one that ends.
 */
import type { Address, LinkId, ServerMessage, ServerMessageOf } from '@jwp/protocol'
import type { LinkOwner } from '../tree/link-owner.js'
import type { PeerLink, LinkTable } from '../tree/link-table.js'
import { endpointKey } from '../tree/endpoint-key.js'
import { FreePlaces } from './free-places.js'
import type { Loads } from './loads.js'
import type { ServerList } from '../clients/server-list.js'
import type { TurnTime } from '../turn-time.js'
import type { Timers } from '../tree/timers.js'
import type { ServerOptions } from '../options.js'
import type { Self } from '../self.js'

export interface RefugeNeeds {
  readonly loads: Pick<Loads, 'known'>
  readonly serverList: Pick<ServerList, 'addresses'>
  readonly links: Pick<LinkTable, 'close' | 'dial' | 'send'>
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'attachTimeoutMs'>
  readonly options: Pick<ServerOptions, 'timing'>
  readonly self: Pick<Self, 'address'>
}

/** Servers that are asked, at most: those that answer share the clients. */
const maxAsked = 16

interface Talk {
  readonly to: Address
  /** Clients that it takes; undefined: it has not answered. */
  places: number | undefined
}

export class Refuge implements LinkOwner {
  readonly #needs: RefugeNeeds
  readonly #talks = new Map<LinkId, Talk>()
  /** Servers that have answered, in the order of asking: nearer servers first among those with the same load. */
  readonly #asked: Talk[] = []
  #clients = 0
  #share = 0
  #untilMs: number | undefined

  constructor(needs: RefugeNeeds) {
    this.#needs = needs
  }

  /** @param clients how many have to go somewhere */
  ask(clients: number): void {
    const { loads, serverList, links, time, timers, options, self } = this.#needs
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
    this.#needs.links.send(link, {
      type: 'OFFER',
      secret: talk.to.secret,
      clients: this.#clients,
      count: this.#share,
      full: true,
    })
  }

  message({ link }: PeerLink, message: ServerMessage): string | undefined {
    if (message.type !== 'OFFER_RESULT') return 'no answer to an offer'
    this.#answered(link, message)
    return undefined
  }

  #answered(link: LinkId, { count }: ServerMessageOf<'OFFER_RESULT'>): void {
    const talk = this.#talks.get(link)
    if (talk === undefined) return
    talk.places = Math.min(count, this.#share)
    this.#talks.delete(link)
    this.#needs.links.close(link)
  }

  /** Dead, or leaving as we are. */
  lost(link: LinkId): void {
    this.#talks.delete(link)
  }

  /** All have answered, or had their time. */
  get isKnown(): boolean {
    return this.#talks.size === 0 || this.#untilMs === undefined || this.#needs.time.nowMs >= this.#untilMs
  }

  nextDeadlineMs(): number | undefined {
    return this.#talks.size === 0 ? undefined : this.#untilMs
  }

  /** One server for each client; undefined: there is none. Asks no more. */
  take(): () => Address | undefined {
    const { loads, links } = this.#needs
    for (const link of this.#talks.keys()) links.close(link)
    this.#talks.clear()
    const there = this.#asked.filter((talk) => talk.places !== undefined)
    const promised = there.flatMap(({ to, places = 0 }) => Array<Address>(places).fill(to))
    // Clients without a promise: some servers that were asked are gone. Where room is counted, no client is sent to a
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
