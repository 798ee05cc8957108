/**
 * How many clients are logged in here at most, and where those go who find no place: to a server that says that it has
 * room, or to one that is started for them. Who is in stays in, however the limit came to be exceeded.
 */
import type { LinkId, ServerMessageOf } from '@jwp/protocol'
import type { Parts } from '../parts.js'
import type { ClientState } from '../clients/client-state.js'
import { Offers, type Offer } from './offers.js'
import { redirect } from './redirecting.js'

/** A login that is right and wants a place. One of the three is called, once, unless the client goes before that. */
export interface PlaceRequest {
  readonly client: ClientState
  /** The connection of ours whose session goes on over this one: its place is free. */
  readonly replaces: ClientState | undefined
  admit(): void
  /** There is a place elsewhere: whatever has to be said before REDIRECT. */
  sendOn(): void
  /** Nowhere is a place; `info` says so in words. The client is surely not logged in. */
  refuse(info: string): void
}

export class Capacity {
  readonly #parts: Parts
  readonly #pleas: Offers
  /** Logged in, or about to be. */
  readonly #placed = new Set<ClientState>()
  /** Of these, those that will say nothing more, and are about to go. */
  readonly #ended = new Set<ClientState>()
  /** In the order of asking. */
  readonly #waiting = new Map<ClientState, PlaceRequest>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#pleas = new Offers(parts, 'plea', (offer, { count }) => this.#sendOn(offer, count))
  }

  /** Most clients that are logged in here at once; undefined: any number. */
  get limit(): number | undefined {
    return this.#parts.options.growth?.maxClients
  }

  /** Clients with a place here. */
  get count(): number {
    return this.#placed.size
  }

  /** Those that are here to stay, as far as we know. */
  get livingCount(): number {
    return this.#placed.size - this.#ended.size
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  get isFull(): boolean {
    return this.#placed.size >= (this.limit ?? Infinity)
  }

  ask(request: PlaceRequest): void {
    const { client, replaces } = request
    if (replaces !== undefined && this.#placed.delete(replaces)) {
      this.#ended.delete(replaces)
      this.#take(client)
    }
    if (this.#placed.has(client)) return request.admit()
    // Those who wait come first, or they would wait for ever.
    if (this.#waiting.size === 0 && !this.isFull) return this.#admit(request)
    this.#wait(request)
  }

  /** The client is gone, and its place is free. */
  left(client: ClientState): void {
    this.#placed.delete(client)
    this.#ended.delete(client)
    this.#waiting.delete(client)
  }

  ended(client: ClientState): void {
    if (this.#placed.has(client)) this.#ended.add(client)
  }

  /** We leave: whoever waits may do so elsewhere. */
  close(): void {
    this.#pleas.endAll()
    this.#parts.provisioning.close()
    for (const request of [...this.#waiting.values()])
      this.#refuse(request, 'this server ends, try another one')
  }

  pleaOpened(link: LinkId): void {
    this.#pleas.opened(link)
  }

  pleaAnswered(link: LinkId, message: ServerMessageOf<'OFFER_RESULT'>): void {
    this.#pleas.answered(link, message)
  }

  pleaLost(link: LinkId): void {
    this.#pleas.lost(link)
  }

  tick(): void {
    this.#pleas.tick()
  }

  /** Once per turn: places may have become free, here or elsewhere. */
  advance(): void {
    for (const request of [...this.#waiting.values()]) {
      if (this.isFull) break
      this.#waiting.delete(request.client)
      this.#admit(request)
    }
    if (this.#waiting.size > 0) this.#lookElsewhere()
  }

  nextDeadlineMs(): number | undefined {
    return this.#pleas.nextDeadlineMs()
  }

  #admit(request: PlaceRequest): void {
    this.#take(request.client)
    request.admit()
  }

  #take(client: ClientState): void {
    this.#placed.add(client)
    if (client.hasEnded) this.#ended.add(client)
    this.#parts.balance.placed(client)
  }

  /** Several servers may be asked at once, each for as many as it seems to have room for. */
  #lookElsewhere(): void {
    for (;;) {
      const homeless = this.#waiting.size - this.#pleas.pending
      if (homeless <= 0) return
      const best = this.#pleas.best()
      if (best === undefined) break
      const count = Math.max(1, Math.min(homeless, best.limit - best.clients))
      this.#pleas.make({ to: best.address, count, ofResidents: false }, this.count)
    }
    if (this.#pleas.pending > 0) return
    const info = this.#parts.provisioning.ask()
    if (info === undefined) return
    for (const request of [...this.#waiting.values()]) this.#refuse(request, info)
  }

  /** That server takes so many. */
  #sendOn({ to }: Offer, count: number): void {
    for (const request of [...this.#waiting.values()].slice(0, count)) {
      const { client } = request
      this.#waiting.delete(client)
      request.sendOn()
      client.deciding = undefined
      redirect(this.#parts, client, to)
    }
  }

  #wait(request: PlaceRequest): void {
    const { client } = request
    const { clients, time, options } = this.#parts
    const { decideWithinMs } = options.timing
    this.#waiting.set(client, request)
    clients.decide(client, {
      // A login that was verified has used some of its time already.
      deadlineMs: client.deciding?.deadlineMs ?? time.nowMs + decideWithinMs,
      onDeadline: () =>
        this.#refuse(request, 'all servers are full, and another one is still being started, try again'),
    })
  }

  #refuse(request: PlaceRequest, info: string): void {
    this.#waiting.delete(request.client)
    request.refuse(info)
  }
}
