/**
 * Entry point for all that concerns links: chooses the piece that handles it by the purpose of the link. A message
 * that does not belong on its link closes it; the peer is broken or hostile, and either way no peer of this network.
 */
import {
  noVersionInCommon,
  serverProtocolVersions,
  type ForeignMessage,
  type LinkId,
  type ServerMessage,
} from '@jwp/protocol'
import type { Outbox } from '../outbox.js'
import type { TurnTime } from '../turn-time.js'
import { endpointKey } from './endpoint-key.js'
import type { ForeignServers } from './foreign-servers.js'
import type { HowLost, LinkOwner } from './link-owner.js'
import type { LinkPurpose, LinkTable, PeerLink } from './link-table.js'
import type { Liveness } from './liveness.js'
import type { RetryBudget } from './retry-budget.js'
import { asSeenFrom } from './seen-addresses.js'

export interface LinkRouterNeeds {
  readonly time: TurnTime
  readonly links: Pick<LinkTable, 'get' | 'forget' | 'close'>
  readonly retry: Pick<RetryBudget, 'settled' | 'answered'>
  readonly liveness: Pick<Liveness, 'heard' | 'progressed' | 'tick'>
  readonly foreign: Pick<ForeignServers, 'note'>
  readonly owners: Readonly<Record<LinkPurpose, LinkOwner>>
  readonly outbox: Pick<Outbox, 'report'>
}

export class LinkRouter {
  readonly #needs: LinkRouterNeeds

  constructor(needs: LinkRouterNeeds) {
    this.#needs = needs
  }

  opened(link: LinkId, roundTripMs: number | undefined): void {
    const { links, time, retry } = this.#needs
    const peer = links.get(link)
    if (peer === undefined) return
    peer.open = true
    peer.heardMs = time.nowMs
    peer.roundTripMs = roundTripMs
    retry.settled(peer)
    this.#ownerOf(peer).opened?.(link)
  }

  failed(link: LinkId, why: 'refused' | 'unreachable', info: string): void {
    const { links, retry } = this.#needs
    const peer = links.get(link)
    if (peer !== undefined && why === 'refused') retry.settled(peer)
    this.#lost(links.forget(link), why === 'refused' ? 'gone' : 'unreachable', info)
  }

  closed(link: LinkId, info: string): void {
    this.#lost(this.#needs.links.forget(link), 'gone', info)
  }

  message(link: LinkId, said: ServerMessage | ForeignMessage): void {
    const { links, liveness, retry, time } = this.#needs
    const peer = links.get(link)
    if (peer === undefined) return
    // The dialling side asks as soon as the link is open for it: that is a round trip after this side accepted it.
    if (peer.dialled === undefined) peer.roundTripMs ??= time.nowMs - peer.dialledMs
    else if (peer.purpose !== 'parent') retry.answered(peer.dialled)
    liveness.heard(peer)
    if (said.type === 'FOREIGN') return this.#foreign(peer, said)
    const whyNot = this.#ownerOf(peer).message(peer, asSeenFrom(peer.dialled?.host ?? peer.remoteHost, said))
    if (whyNot !== undefined) this.#drop(peer, whyNot)
  }

  progressed(link: LinkId): void {
    const peer = this.#needs.links.get(link)
    if (peer !== undefined) this.#needs.liveness.progressed(peer)
  }

  blocked(link: LinkId, blocked: boolean): void {
    const { links, time } = this.#needs
    const peer = links.get(link)
    if (peer !== undefined) peer.blockedSinceMs = blocked ? time.nowMs : undefined
  }

  tick(): void {
    for (const { link, why } of this.#needs.liveness.tick()) {
      const peer = this.#needs.links.get(link)
      if (peer !== undefined) this.#drop(peer, why)
    }
  }

  /** It has no version in common: a server that asks is told so, and one that was asked is of no use. */
  #foreign(peer: PeerLink, message: ForeignMessage): void {
    const { foreign, outbox, time } = this.#needs
    const owner = this.#ownerOf(peer)
    const info = noVersionInCommon('this server', serverProtocolVersions, 'that one', message.versions)
    const at = peer.dialled
    if (at !== undefined && foreign.note(at, info, time.nowMs))
      outbox.report({ event: 'warning', info: `${endpointKey(at)}: ${info}` })
    if (owner.foreign !== undefined) owner.foreign(peer, message, info)
    else this.#drop(peer, info)
  }

  #drop(peer: PeerLink, why: string): void {
    this.#needs.links.close(peer.link)
    this.#lost(peer, 'gone', why)
  }

  /** The link is out of the table already: inform the piece that it belonged to. */
  #lost(peer: PeerLink | undefined, how: HowLost, why: string): void {
    if (peer !== undefined) this.#ownerOf(peer).lost(peer.link, how, why)
  }

  #ownerOf({ purpose }: PeerLink): LinkOwner {
    return this.#needs.owners[purpose]
  }
}
