/** Links that were accepted, and whose peer has not proved yet that it knows the secret of this server. */
import {
  noVersionInCommon,
  serverProtocolVersions,
  type ForeignMessage,
  type LinkId,
  type ServerMessage,
  type ServerMessageOf,
  type ServerStatus,
} from '@jwp/protocol'
import { equalInConstantTime } from '../equal-in-constant-time.js'
import type { Self } from '../self.js'
import type { JoinRequests } from './join-requests.js'
import type { LinkOwner } from './link-owner.js'
import type { LinkTable, PeerLink } from './link-table.js'
import type { Merging } from './merging.js'
import type { RoleKeeper } from './role.js'

const questionsExpected = 'expected AUTHENTICATE, PROBE, OFFER or STATUS first'

export interface UnknownPeersNeeds {
  readonly self: Pick<Self, 'address'>
  readonly role: Pick<RoleKeeper, 'isLeaving'>
  readonly links: Pick<LinkTable, 'send' | 'close' | 'proved'>
  readonly joinRequests: Pick<JoinRequests, 'asked'>
  readonly merging: Pick<Merging, 'probed'>
  /** A server wants to give us some of its clients. */
  readonly onOffer: (link: LinkId, message: ServerMessageOf<'OFFER'>) => void
  readonly status: () => ServerStatus
}

export class UnknownPeers implements LinkOwner {
  readonly #needs: UnknownPeersNeeds

  constructor(needs: UnknownPeersNeeds) {
    this.#needs = needs
  }

  message(peer: PeerLink, message: ServerMessage): undefined {
    const { links, role, joinRequests, merging, onOffer, status } = this.#needs
    if (
      message.type !== 'AUTHENTICATE' &&
      message.type !== 'PROBE' &&
      message.type !== 'OFFER' &&
      message.type !== 'STATUS'
    ) {
      return this.#deny(peer.link, questionsExpected)
    }
    if (!this.#isSecret(message.secret)) return this.#deny(peer.link, 'wrong secret')
    links.proved(peer)
    // A server that asks while this one leaves must find it gone, not merely unwilling.
    if (role.isLeaving && message.type !== 'STATUS') links.close(peer.link)
    else if (message.type === 'AUTHENTICATE') joinRequests.asked(peer.link, message)
    else if (message.type === 'PROBE') merging.probed(peer.link, message)
    else if (message.type === 'OFFER') onOffer(peer.link, message)
    else links.send(peer.link, { type: 'STATUS_RESULT', status: status() })
    return undefined
  }

  foreign({ link }: PeerLink, { versions, secret }: ForeignMessage): void {
    if (secret === undefined) return this.#deny(link, questionsExpected)
    if (!this.#isSecret(secret)) return this.#deny(link, 'wrong secret')
    const { links } = this.#needs
    const info = noVersionInCommon('this server', serverProtocolVersions, 'you', versions)
    links.send(link, { type: 'AUTHENTICATION_FAIL', info, versions: serverProtocolVersions })
    links.close(link)
  }

  lost(): void {
    // Nothing was promised to it.
  }

  #isSecret(secret: string): boolean {
    return equalInConstantTime(secret, this.#needs.self.address.secret)
  }

  #deny(link: LinkId, info: string): undefined {
    const { links } = this.#needs
    links.send(link, { type: 'AUTHENTICATION_FAIL', info })
    links.close(link)
  }
}
