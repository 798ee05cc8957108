/** What comes from children. */
import type { LinkId, ServerMessage } from '@jwp/protocol'
import type { Commit } from '../log/commit.js'
import type { Uplink } from '../log/uplink.js'
import type { StartPermits } from '../placement/start-permits.js'
import type { Children } from './children.js'
import type { JoinRequests } from './join-requests.js'
import type { HowLost, LinkOwner } from './link-owner.js'
import type { PeerLink } from './link-table.js'
import type { MembershipSweep } from './membership-sweep.js'
import type { Membership } from './membership.js'
import type { NeighbourMessages } from './neighbour-messages.js'

export interface ChildLinksNeeds {
  readonly neighbours: Pick<NeighbourMessages, 'hear'>
  readonly children: Pick<Children, 'get' | 'drop'>
  readonly joinRequests: Pick<JoinRequests, 'checkAsked'>
  readonly membership: Pick<Membership, 'received'>
  readonly sweep: Pick<MembershipSweep, 'serverLeft' | 'answered'>
  readonly uplink: Pick<Uplink, 'received'>
  readonly commit: Pick<Commit, 'acknowledged'>
  readonly startPermits: Pick<StartPermits, 'asked' | 'over'>
}

export class ChildLinks implements LinkOwner {
  readonly #needs: ChildLinksNeeds

  constructor(needs: ChildLinksNeeds) {
    this.#needs = needs
  }

  message(peer: PeerLink, message: ServerMessage): string | undefined {
    if (message.type === 'LEAVE') return 'left in order'
    return this.#hear(peer, message) ? undefined : `a child does not send ${message.type}`
  }

  lost(link: LinkId, _how: HowLost, why: string): void {
    const { children } = this.#needs
    const child = children.get(link)
    if (child !== undefined) children.drop(child, why)
  }

  /** @returns whether a child may say that */
  #hear(peer: PeerLink, message: ServerMessage): boolean {
    const { link } = peer
    const { joinRequests, membership, sweep, uplink, commit } = this.#needs
    const { startPermits, neighbours } = this.#needs
    switch (message.type) {
      case 'UP':
        uplink.received(link, message)
        return true
      case 'ACK':
        commit.acknowledged(link, message.index)
        return true
      case 'REPORT':
        membership.received(link, message)
        return true
      case 'CHECK':
        joinRequests.checkAsked(link, message)
        return true
      case 'LOST':
        sweep.serverLeft()
        return true
      case 'ROLL_ANSWER':
        sweep.answered(link, message)
        return true
      case 'GROW':
        startPermits.asked(link, message)
        return true
      case 'GROW_OVER':
        startPermits.over()
        return true
      default:
        return neighbours.hear(peer, message)
    }
  }
}
