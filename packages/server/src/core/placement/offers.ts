/**
 * Asks a less loaded server whether it takes some clients, before any of them is sent there. So no client is sent to
 * a server that is dead or out of reach. The server itself says how many, counting those that it has promised to take
 * already: announcements may be old, and many may ask at once.
 */
import type { Address, LinkId, ServerLoad, ServerMessage, ServerMessageOf, Random } from '@jwp/protocol'
import type { PeerLink, LinkTable } from '../tree/link-table.js'
import { endpointKey } from '../tree/endpoint-key.js'
import type { Loads } from './loads.js'
import type { Deadpool } from '../tree/deadpool.js'
import type { TurnTime } from '../turn-time.js'
import type { RetryBudget } from '../tree/retry-budget.js'
import { earliest } from '../earliest.js'

export interface OffersNeeds {
  readonly loads: Pick<Loads, 'known'>
  readonly random: Pick<Random, 'pick'>
  readonly links: Pick<LinkTable, 'close' | 'dial' | 'get' | 'send'>
  readonly deadpool: Pick<Deadpool, 'refused'>
  readonly time: TurnTime
  readonly retry: Pick<RetryBudget, 'longestAnswerMs' | 'longestOpeningMs' | 'ranOut'>
}

/** Servers asked at once. */
const maxTalks = 8
/** A link that asks no more is kept for so long, in milliseconds: in a storm of logins the next question comes soon. */
const keptForMs = 1_000
/** A server that did not answer, or takes no client, is not asked again for so long, in milliseconds. */
const shunnedForMs = 2_000
/**
 * A server that is asked because this one is full has so long, in milliseconds: it may just have been started, and
 * starting another one costs more than waiting.
 */
const requestWithinMs = 2_000
/** What a server has said of its load counts for so long, in milliseconds, unless it announces something else. */
const believedForMs = 2_000

export interface Candidate {
  readonly address: Address
  readonly clients: number
  /** Clients that it takes at most; Infinity: any number. */
  readonly limit: number
}

export interface Offer {
  readonly to: Address
  readonly count: number
  /** Whether all connected clients may go, and not only those that have just logged in. */
  readonly ofResidents: boolean
}

export interface Acceptance {
  /** Clients that it takes, not more than it was offered. */
  readonly count: number
  /** Clients that it had before, with those on their way to it. */
  readonly had: number
}

interface Talk {
  readonly link: LinkId
  readonly to: Address
  isOpen: boolean
  /** Undefined: nothing is asked at present. */
  offer: (Offer & { readonly ours: number }) | undefined
  /** For the answer, or for the next question. */
  untilMs: number
}

export class Offers {
  readonly #needs: OffersNeeds
  readonly #purpose: 'offer' | 'capacity-request'
  readonly #accepted: (offer: Offer, acceptance: Acceptance) => void
  readonly #refused: () => void
  readonly #talks = new Map<LinkId, Talk>()
  /** By endpoint, until when. */
  readonly #shunned = new Map<string, number>()
  /** Newer than what was announced. */
  readonly #said = new Map<string, { announced: number; clients: number; untilMs: number }>()

  /** @param purpose by which the answers find their way back here */
  constructor(
    needs: OffersNeeds,
    purpose: 'offer' | 'capacity-request',
    accepted: (offer: Offer, acceptance: Acceptance) => void,
    refused: () => void = () => undefined,
  ) {
    this.#needs = needs
    this.#purpose = purpose
    this.#accepted = accepted
    this.#refused = refused
  }

  /** Clients that were offered and may leave us. */
  get pending(): number {
    let pending = 0
    for (const { offer } of this.#talks.values()) pending += offer?.count ?? 0
    return pending
  }

  /** The least loaded of those that can be asked now; one of them, if there are several. */
  best(): Candidate | undefined {
    if (this.#asked().length >= maxTalks) return undefined
    let best: Candidate[] = []
    for (const load of this.#needs.loads.known()) {
      if (!this.#mayBeAsked(load)) continue
      const { address, limit = Infinity } = load
      const candidate = { address, clients: this.#clientsOf(load), limit }
      const least = best[0]?.clients ?? Infinity
      if (candidate.clients < least) best = [candidate]
      else if (candidate.clients === least) best.push(candidate)
    }
    return best.length === 0 ? undefined : this.#needs.random.pick(best)
  }

  /** @param ours how many clients we have, without those offered to others */
  make(offer: Offer, ours: number): void {
    const { links } = this.#needs
    const open = [...this.#talks.values()].find(({ to }) => endpointKey(to) === endpointKey(offer.to))
    const talk: Talk = open ?? {
      link: links.dial(offer.to, this.#purpose),
      to: offer.to,
      isOpen: false,
      offer: undefined,
      untilMs: 0,
    }
    talk.offer = { ...offer, ours }
    talk.untilMs = this.#untilMs(talk)
    this.#talks.set(talk.link, talk)
    if (talk.isOpen) this.#ask(talk)
  }

  opened(link: LinkId): void {
    const talk = this.#talks.get(link)
    if (talk === undefined) return
    talk.isOpen = true
    talk.untilMs = this.#untilMs(talk)
    this.#ask(talk)
  }

  message({ link, dialled }: PeerLink, message: ServerMessage): string | undefined {
    if (message.type === 'OFFER_RESULT') {
      this.#answered(link, message)
      return undefined
    }
    if (message.type === 'AUTHENTICATION_FAIL' && dialled !== undefined) this.#needs.deadpool.refused(dialled)
    return 'no answer to an offer'
  }

  #answered(link: LinkId, { count, clients }: ServerMessageOf<'OFFER_RESULT'>): void {
    const talk = this.#talks.get(link)
    const offer = talk?.offer
    if (talk === undefined || offer === undefined) return
    const { nowMs } = this.#needs.time
    talk.offer = undefined
    talk.untilMs = nowMs + keptForMs
    const announced = this.#announcedBy(talk.to)
    if (announced !== undefined)
      this.#said.set(endpointKey(talk.to), { announced, clients, untilMs: nowMs + believedForMs })
    if (count === 0 && (this.#purpose === 'capacity-request' || clients <= offer.ours - 2))
      this.#shun(talk.to)
    if (count > 0) this.#accepted(offer, { count: Math.min(count, offer.count), had: clients - count })
    else this.#refused()
  }

  /** The connection has failed or is gone. */
  lost(link: LinkId): void {
    const talk = this.#talks.get(link)
    if (talk === undefined) return
    this.#talks.delete(link)
    if (talk.offer !== undefined) this.#shun(talk.to)
  }

  /** This server has no clients to give away any more: it looks for a parent, or leaves. */
  endAll(): void {
    for (const { link } of this.#talks.values()) this.#needs.links.close(link)
    this.#talks.clear()
  }

  tick(): void {
    const { time, links } = this.#needs
    for (const talk of [...this.#talks.values()]) {
      if (talk.untilMs > time.nowMs) continue
      if (talk.offer !== undefined) this.#needs.retry.ranOut(talk.to)
      links.close(talk.link)
      this.lost(talk.link)
    }
    for (const [key, untilMs] of this.#shunned) if (untilMs <= time.nowMs) this.#shunned.delete(key)
    for (const [key, { untilMs }] of this.#said) if (untilMs <= time.nowMs) this.#said.delete(key)
  }

  nextDeadlineMs(): number | undefined {
    let next: number | undefined
    for (const { untilMs } of this.#talks.values()) next = earliest(next, untilMs)
    return next
  }

  #untilMs({ link, to, isOpen }: Talk): number {
    const { links, time, retry } = this.#needs
    const peer = links.get(link)
    const answerLimitMs =
      isOpen && peer !== undefined ? retry.longestAnswerMs(peer) : retry.longestOpeningMs(to)
    return time.nowMs + Math.max(this.#purpose === 'capacity-request' ? requestWithinMs : 0, answerLimitMs)
  }

  #ask({ link, to, offer }: Talk): void {
    if (offer === undefined) return
    const { count, ours } = offer
    // A client without room here goes wherever there is room.
    const full = this.#purpose === 'capacity-request' ? { full: true } : {}
    this.#needs.links.send(link, { type: 'OFFER', secret: to.secret, clients: ours, count, ...full })
  }

  #asked(): Talk[] {
    return [...this.#talks.values()].filter(({ offer }) => offer !== undefined)
  }

  #mayBeAsked({ address, clients, limit = Infinity }: ServerLoad): boolean {
    const key = endpointKey(address)
    if (clients >= limit || this.#needs.time.nowMs < (this.#shunned.get(key) ?? 0)) return false
    return !this.#asked().some(({ to }) => endpointKey(to) === key)
  }

  #clientsOf({ address, clients }: ServerLoad): number {
    const said = this.#said.get(endpointKey(address))
    const isNewer = said?.announced === clients && this.#needs.time.nowMs < said.untilMs
    return isNewer ? said.clients : clients
  }

  #announcedBy(address: Address): number | undefined {
    const key = endpointKey(address)
    return this.#needs.loads.known().find((load) => endpointKey(load.address) === key)?.clients
  }

  #shun(address: Address): void {
    this.#shunned.set(endpointKey(address), this.#needs.time.nowMs + shunnedForMs)
  }
}
