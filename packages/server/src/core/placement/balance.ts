/**
 * Spreads clients evenly. A client that logs in where others have at least two clients fewer is sent to one of them.
 * When servers join, leave or die, connected clients are moved until no server has more than two clients more than
 * another.
 *
 * No loop and no herd: a server is asked before a client is sent to it, and takes at most half of the difference. So
 * every move makes the difference between two servers smaller, and moves come to an end. A client that was sent here
 * at its login stays.
 */
import { anonymous, type LinkId, type ServerMessage, type ServerMessageOf } from '@jwp/protocol'
import type { ClientState } from '../clients/client-state.js'
import type { LinkOwner } from '../tree/link-owner.js'
import type { PeerLink, LinkTable } from '../tree/link-table.js'
import { Expected } from './expected.js'
import { Offers, type Acceptance, type Candidate, type Offer, type OffersNeeds } from './offers.js'
import { redirect, type RedirectingNeeds } from './redirecting.js'
import type { Loads } from './loads.js'
import type { RoleKeeper } from '../tree/role.js'
import type { ServerOptions } from '../options.js'
import type { Capacity } from './capacity.js'
import type { TurnTime } from '../turn-time.js'
import type { Outbox } from '../outbox.js'
import type { Sessions } from '../clients/sessions.js'
import type { Decisions } from '../clients/decisions.js'
import type { ReadFlow } from '../clients/read-flow.js'
import type { FanOut } from '../clients/fan-out.js'
import type { Commit } from '../log/commit.js'
import { earliest } from '../earliest.js'

export interface BalanceNeeds extends OffersNeeds, RedirectingNeeds {
  readonly loads: Pick<Loads, 'averageClients' | 'isReady' | 'known' | 'own' | 'version'>
  readonly role: Pick<RoleKeeper, 'isLeaving' | 'isOrphan'>
  readonly links: Pick<LinkTable, 'close' | 'dial' | 'get' | 'send'>
  readonly options: Pick<ServerOptions, 'balance' | 'timing'>
  readonly capacity: Pick<Capacity, 'count' | 'limit'>
  readonly time: TurnTime
  readonly outbox: Pick<Outbox, 'report' | 'sendToClient'>
  readonly sessions: Pick<Sessions, 'all' | 'get' | 'close'>
  readonly decisions: Pick<Decisions, 'hasWaitingLines' | 'of'>
  readonly readFlow: Pick<ReadFlow, 'isPaused'>
  readonly fanOut: Pick<FanOut, 'isBlocked' | 'position'>
  readonly commit: Pick<Commit, 'applied'>
}

/** A new client is sent on when another server has so many fewer. */
const worthRedirecting = 2
/** A connected client loses its connection by a move: the difference must be larger. */
const worthMoving = 3
/** Clients offered to one server at once: they all log in there within the time that they are expected for. */
const mostAtOnce = 200
/** Clients that others were promised room for at once: they are counted, and count for nothing if they never come. */
const mostExpected = 1_000
/** Servers asked in vain for clients that have just logged in. */
const mostRefusals = 2
/** Clients that came so recently, in milliseconds, are not moved: no client is chased around. */
const leastStayMs = 1_000

export class Balance implements LinkOwner {
  readonly #needs: BalanceNeeds
  readonly #offers: Offers
  readonly #expected: Expected
  /** Logged in a moment ago, and not considered yet. */
  readonly #newcomers = new Set<ClientState>()
  /** Of the expected clients: those that have room here, and are being logged in. */
  readonly #came = new WeakSet<ClientState>()
  /** Servers that took no client, since the last one that did. */
  #refusals = 0
  /** When the connected clients are to be looked at; undefined: nothing has changed since the last time. */
  #lookMs: number | undefined
  #lookedMs = -Infinity
  #seenVersion = -1
  /** Clients sent on at their login, and later. */
  redirectedCount = 0
  movedCount = 0

  constructor(needs: BalanceNeeds) {
    this.#needs = needs
    this.#expected = new Expected(needs)
    this.#offers = new Offers(
      needs,
      'offer',
      (offer, acceptance) => this.#send(offer, acceptance),
      () => this.#refused(),
    )
  }

  /** Clients that others were promised room for. */
  get expectedCount(): number {
    return this.#expected.count
  }

  /** A client that may log in has got a place: from now on it counts as here, and is not on its way any more. */
  placed(client: ClientState): void {
    if (this.#expected.arrived()) this.#came.add(client)
  }

  /**
   * A client has logged in.
   * @param goesOn with a session from elsewhere: clients that were sent here come so
   */
  arrived(client: ClientState, { goesOn }: { readonly goesOn: boolean }): void {
    const wasSent = goesOn && this.#expected.wentOn()
    if (!this.#came.delete(client) && !wasSent && this.#isActive) this.#newcomers.add(client)
  }

  /** Another server wants to give us some of its clients. */
  offered(link: LinkId, { clients, count, full = false }: ServerMessageOf<'OFFER'>): void {
    const { loads, role, links, options, capacity } = this.#needs
    const mayCome = (options.balance !== false || full) && !role.isOrphan && loads.isReady
    // A client that has ended still counts.
    const free = (capacity.limit ?? Infinity) - capacity.count - this.#expected.count
    const room = Math.min(free, mostExpected - this.#expected.count)
    const share = full ? count : Math.floor((clients - loads.own) / 2)
    const taken = mayCome ? Math.max(0, Math.min(count, room, share)) : 0
    if (taken > 0) this.#expected.add(taken)
    links.send(link, { type: 'OFFER_RESULT', count: taken, clients: loads.own })
  }

  opened(link: LinkId): void {
    this.#offers.opened(link)
  }

  message(peer: PeerLink, message: ServerMessage): string | undefined {
    return this.#offers.message(peer, message)
  }

  lost(link: LinkId): void {
    this.#offers.lost(link)
  }

  tick(): void {
    this.#expected.tick()
    this.#offers.tick()
  }

  /** End of a turn, when what was applied has been delivered. */
  advance(): void {
    if (!this.#isActive) {
      this.#newcomers.clear()
      this.#offers.endAll()
      this.#lookMs = undefined
      this.#seenVersion = -1
      return
    }
    const { loads, time, options } = this.#needs
    if (loads.version !== this.#seenVersion) {
      this.#seenVersion = loads.version
      this.#lookMs ??= Math.max(time.nowMs, this.#lookedMs + options.timing.syncEveryMs)
    }
    const maySendResidents = this.#lookMs !== undefined && time.nowMs >= this.#lookMs
    if (maySendResidents) {
      this.#lookMs = undefined
      this.#lookedMs = time.nowMs
    }
    if (maySendResidents || this.#newcomers.size > 0) this.#offer(maySendResidents)
  }

  nextDeadlineMs(): number | undefined {
    return earliest(this.#offers.nextDeadlineMs(), this.#expected.nextDeadlineMs(), this.#lookMs)
  }

  get #isActive(): boolean {
    const { options, role } = this.#needs
    return options.balance !== false && !role.isOrphan && !role.isLeaving
  }

  #offer(maySendResidents: boolean): void {
    const { loads, time } = this.#needs
    // Room that was promised to a client that cannot go stays empty, and keeps others out for a while.
    for (const client of this.#newcomers) if (!this.#mayGo(client)) this.#newcomers.delete(client)
    const residents = maySendResidents && this.#hasTooMany() ? this.#residents().length : 0
    for (;;) {
      const pending = this.#offers.pending
      const ours = this.#ours
      const best = this.#offers.best()
      if (best === undefined || ours - best.clients < worthRedirecting) break
      const newcomers = Math.max(0, this.#newcomers.size - pending)
      // Below the average there is no reason to move clients: servers above it will.
      const ofResidents = residents > 0 && ours - best.clients >= worthMoving && ours > loads.averageClients
      const most = ofResidents ? newcomers + Math.max(0, residents - pending) : newcomers
      if (most === 0) break
      const count = Math.min(most, mostAtOnce, this.#fairShare(ours, best))
      this.#offers.make({ to: best.address, count, ofResidents }, ours)
    }
    if (this.#offers.pending === 0) this.#leaveIt()
    // A client that cannot be moved now (just come, not read up, or not here) may be movable soon.
    if (this.#hasTooMany()) this.#lookMs ??= Math.max(this.#lookedMs, time.nowMs) + leastStayMs
  }

  /**
   * The announced loads were out of date, and so may be the rest: the new client stays, rather than that all servers
   * are asked.
   */
  #refused(): void {
    if (++this.#refusals >= mostRefusals) this.#leaveIt()
  }

  #leaveIt(): void {
    this.#newcomers.clear()
    this.#refusals = 0
  }

  /** The clients of this server, without those offered to others, and without those that may never come. */
  get #ours(): number {
    return this.#needs.loads.own - this.#expected.count - this.#offers.pending
  }

  /** Too many to leave it at that, by what others announce. */
  #hasTooMany(): boolean {
    const { loads } = this.#needs
    const ours = loads.own - this.#expected.count
    const [least] = loads.known()
    return least !== undefined && ours - least.clients >= worthMoving && ours > loads.averageClients
  }

  /** As many as bring us down to the average, or the other one up to it. */
  #fairShare(ours: number, { clients }: Candidate): number {
    const average = this.#needs.loads.averageClients
    const share = Math.min(Math.ceil(ours - average), Math.ceil(average - clients))
    return Math.max(1, Math.min(share, Math.floor((ours - clients) / 2)))
  }

  /** The other server takes this many. */
  #send({ to, ofResidents }: Offer, { count, had }: Acceptance): void {
    // It accepts new clients for less, and cannot tell them apart: that the move was worth it may have been old news.
    const isWorthMoving = this.#ours - had >= worthMoving
    let left = count
    this.#refusals = 0
    for (const client of this.#newcomers) {
      if (left === 0) break
      this.#newcomers.delete(client)
      if (!this.#mayGo(client)) continue
      redirect(this.#needs, client, to)
      this.redirectedCount++
      left--
    }
    if (left === 0 || !ofResidents || !isWorthMoving) return
    const moved = this.#residents().slice(0, left)
    for (const client of moved) redirect(this.#needs, client, to)
    this.movedCount += moved.length
    if (moved.length > 0)
      this.#needs.outbox.report({ event: 'clients-moved', to: to.name, count: moved.length })
  }

  /** First the clients that a move harms least: a client that resumes misses nothing, a nameless plain client may. */
  #residents(): ClientState[] {
    const { sessions, time } = this.#needs
    const ranks: ClientState[][] = [[], [], []]
    for (const client of sessions.all()) {
      if (time.nowMs - client.openedMs < leastStayMs || !this.#mayGo(client)) continue
      const rank = client.features.has('resume') ? 0 : client.member?.username === anonymous ? 2 : 1
      ranks[rank]!.push(client)
    }
    return ranks.flat()
  }

  /** Nothing of it is under way here, and what was applied has been written to it. */
  #mayGo(client: ClientState): boolean {
    const { sessions, decisions, readFlow, fanOut, commit } = this.#needs
    return (
      sessions.get(client.id) === client &&
      client.member !== undefined &&
      !client.hasEnded &&
      decisions.of(client) === undefined &&
      !readFlow.isPaused(client) &&
      !decisions.hasWaitingLines(client) &&
      !fanOut.isBlocked(client.id) &&
      (client.features.has('resume') || (fanOut.position(client.id) ?? 0) >= commit.applied)
    )
  }
}
