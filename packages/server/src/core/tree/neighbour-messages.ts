/** What parent and children alike may say. */
import type { ServerMessage } from '@jwp/protocol'
import type { LoginFlood } from '../accounts/login-flood.js'
import type { Loads } from '../placement/loads.js'
import type { PeerLink } from './link-table.js'
import type { Liveness } from './liveness.js'
import type { Membership } from './membership.js'

export interface NeighbourMessagesNeeds {
  readonly liveness: Pick<Liveness, 'beat'>
  readonly membership: Pick<Membership, 'learnedApplied'>
  readonly loads: Pick<Loads, 'received'>
  readonly loginFlood: Pick<LoginFlood, 'asked' | 'allowed' | 'denied'>
}

export class NeighbourMessages {
  readonly #needs: NeighbourMessagesNeeds

  constructor(needs: NeighbourMessagesNeeds) {
    this.#needs = needs
  }

  /** @returns whether every neighbour may say that */
  hear(peer: PeerLink, message: ServerMessage): boolean {
    const { liveness, membership, loads, loginFlood } = this.#needs
    switch (message.type) {
      case 'HEARTBEAT':
        liveness.beat(peer, message)
        membership.learnedApplied(peer, message)
        return true
      case 'LOADS':
        loads.received(peer.link, message)
        return true
      case 'LOGIN_REQUEST':
        loginFlood.asked(peer.link, message)
        return true
      case 'LOGIN_ALLOWED':
        loginFlood.allowed(peer.link, message)
        return true
      case 'LOGIN_DENIED':
        loginFlood.denied(peer.link, message)
        return true
      default:
        return false
    }
  }
}
