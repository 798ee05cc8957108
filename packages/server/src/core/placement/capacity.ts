/**
 * How many clients are logged in here at most, and where the others go: to a server that says that it has room, or to
 * one that is started for them. A client that is in stays in, however the limit came to be exceeded.
 */
import type { LinkId, ServerMessage } from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'
import type { SessionListener } from '../clients/session-listener.js'
import type { LinkOwner } from '../tree/link-owner.js'
import type { PeerLink } from '../tree/link-table.js'
import { Offers, type Offer, type OffersNeeds } from './offers.js'
import { redirect, type RedirectingNeeds } from './redirecting.js'
import type { ServerOptions } from '../options.js'
import type { Decisions } from '../clients/decisions.js'
import type { TurnTime } from '../turn-time.js'

export interface CapacityNeeds extends OffersNeeds, RedirectingNeeds {
  readonly options: Pick<ServerOptions, 'growth' | 'timing'>
  readonly decisions: Pick<Decisions, 'begin' | 'of'>
  readonly time: TurnTime
  /** A client that may log in has got a place here. */
  readonly onPlaced: (client: ClientState) => void
  /** We leave, and start no further servers. */
  readonly onClosed: () => void
  /** @returns why no server will be started for clients without room, in words; undefined: one may come */
  readonly startAnother: () => string | undefined
}

/** A login that is right and wants a place. One of the three is called, once, unless the client goes before that. */
export interface PlaceRequest {
  readonly client: ClientState
  /** The connection here whose session continues over this one: its room is free. */
  readonly replaces: ClientState | undefined
  admit(): void
  /** There is a place elsewhere: whatever has to be said before REDIRECT. */
  sendOn(): void
  /** Nowhere is a place; `info` says so in words. The client is surely not logged in. */
  refuse(info: string): void
}

export class Capacity implements SessionListener, LinkOwner {
  readonly #needs: CapacityNeeds
  readonly #requests: Offers
  /** Logged in, or about to be. */
  readonly #placed = new Set<ClientState>()
  /** Of these, those that will say nothing more, and are about to go. */
  readonly #ended = new Set<ClientState>()
  /** In the order of asking. */
  readonly #waiting = new Map<ClientState, PlaceRequest>()

  constructor(needs: CapacityNeeds) {
    this.#needs = needs
    this.#requests = new Offers(needs, 'capacity-request', (offer, { count }) => this.#sendOn(offer, count))
  }

  /** Most clients that are logged in here at once; undefined: any number. */
  get limit(): number | undefined {
    return this.#needs.options.growth?.maxClients
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
    // Waiting clients come first, or they would wait for ever.
    if (this.#waiting.size === 0 && !this.isFull) return this.#admit(request)
    this.#wait(request)
  }

  /** The client is gone, and its place is free. */
  clientLeft(client: ClientState): void {
    this.#placed.delete(client)
    this.#ended.delete(client)
    this.#waiting.delete(client)
  }

  ended(client: ClientState): void {
    if (this.#placed.has(client)) this.#ended.add(client)
  }

  /** This server leaves: waiting clients may wait elsewhere. */
  close(): void {
    this.#requests.endAll()
    this.#needs.onClosed()
    for (const request of [...this.#waiting.values()])
      this.#refuse(request, 'this server ends, try another one')
  }

  opened(link: LinkId): void {
    this.#requests.opened(link)
  }

  message(peer: PeerLink, message: ServerMessage): string | undefined {
    return this.#requests.message(peer, message)
  }

  lost(link: LinkId): void {
    this.#requests.lost(link)
  }

  tick(): void {
    this.#requests.tick()
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
    return this.#requests.nextDeadlineMs()
  }

  #admit(request: PlaceRequest): void {
    this.#take(request.client)
    request.admit()
  }

  #take(client: ClientState): void {
    this.#placed.add(client)
    if (client.hasEnded) this.#ended.add(client)
    this.#needs.onPlaced(client)
  }

  /** Several servers may be asked at once, each for as many as it seems to have room for. */
  #lookElsewhere(): void {
    for (;;) {
      const homeless = this.#waiting.size - this.#requests.pending
      if (homeless <= 0) return
      const best = this.#requests.best()
      if (best === undefined) break
      const count = Math.max(1, Math.min(homeless, best.limit - best.clients))
      this.#requests.make({ to: best.address, count, ofResidents: false }, this.count)
    }
    if (this.#requests.pending > 0) return
    const info = this.#needs.startAnother()
    if (info === undefined) return
    for (const request of [...this.#waiting.values()]) this.#refuse(request, info)
  }

  /** That server takes so many. */
  #sendOn({ to }: Offer, count: number): void {
    for (const request of [...this.#waiting.values()].slice(0, count)) {
      const { client } = request
      this.#waiting.delete(client)
      request.sendOn()
      redirect(this.#needs, client, to)
    }
  }

  #wait(request: PlaceRequest): void {
    const { client } = request
    const { decisions, time, options } = this.#needs
    const { decideWithinMs } = options.timing
    this.#waiting.set(client, request)
    decisions.begin(client, {
      // A login that was verified has used some of its time already.
      deadlineMs: decisions.of(client)?.deadlineMs ?? time.nowMs + decideWithinMs,
      onDeadline: () =>
        this.#refuse(request, 'all servers are full, and another one is still being started, try again'),
    })
  }

  #refuse(request: PlaceRequest, info: string): void {
    this.#waiting.delete(request.client)
    request.refuse(info)
  }
}
