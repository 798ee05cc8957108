/** What comes from the parent. */
import type { LinkId, ServerMessage } from '@jwp/protocol'
import type { LogIntake } from '../log/log-intake.js'
import { LogGap } from '../log/log.js'
import type { SnapshotInstall } from '../log/snapshot-install.js'
import type { Uplink } from '../log/uplink.js'
import type { Outbox } from '../outbox.js'
import type { StartPermits } from '../placement/start-permits.js'
import type { Attachment } from './attachment.js'
import type { JoinRequests } from './join-requests.js'
import type { HowLost, LinkOwner } from './link-owner.js'
import type { PeerLink } from './link-table.js'
import type { MembershipSweep } from './membership-sweep.js'
import type { Membership } from './membership.js'
import type { NeighbourMessages } from './neighbour-messages.js'

export interface ParentLinkNeeds {
  readonly neighbours: Pick<NeighbourMessages, 'hear'>
  readonly attachment: Pick<Attachment, 'pathChanged' | 'parentLeaves' | 'lost'>
  readonly joinRequests: Pick<JoinRequests, 'checkAnswered'>
  readonly membership: Pick<Membership, 'learnedStable' | 'learnedMembers'>
  readonly sweep: Pick<MembershipSweep, 'asked'>
  readonly intake: Pick<LogIntake, 'received'>
  readonly snapshots: Pick<SnapshotInstall, 'partReceived' | 'snapshotReceived'>
  readonly uplink: Pick<Uplink, 'held'>
  readonly startPermits: Pick<StartPermits, 'answered'>
  readonly outbox: Pick<Outbox, 'report'>
}

export class ParentLink implements LinkOwner {
  readonly #needs: ParentLinkNeeds

  constructor(needs: ParentLinkNeeds) {
    this.#needs = needs
  }

  message(peer: PeerLink, message: ServerMessage): string | undefined {
    try {
      return this.#hear(peer, message) ? undefined : `a parent does not send ${message.type}`
    } catch (error) {
      if (!(error instanceof LogGap) && !(error instanceof RangeError)) throw error
      // Its log does not continue ours. Attaching anew finds the common prefix again.
      const { outbox } = this.#needs
      outbox.report({
        event: 'warning',
        info: `the parent sent entries that contradict this server's log: ${error.message}`,
      })
      return 'its log contradicts the log of this server'
    }
  }

  lost(_link: LinkId, _how: HowLost, why: string): void {
    this.#needs.attachment.lost(why, undefined)
  }

  /** @returns whether a parent may say that @throws LogGap or RangeError when a log of its does not fit ours */
  #hear(peer: PeerLink, message: ServerMessage): boolean {
    const { link } = peer
    const { attachment, joinRequests, membership, sweep, intake, snapshots, uplink } = this.#needs
    const { startPermits, neighbours } = this.#needs
    switch (message.type) {
      case 'LOG':
        intake.received(message)
        return true
      case 'HELD':
        uplink.held(message)
        return true
      case 'PATH':
        attachment.pathChanged(message)
        return true
      case 'CHECK_RESULT':
        joinRequests.checkAnswered(message)
        return true
      case 'GROW_RESULT':
        startPermits.answered(message)
        return true
      case 'EVERYWHERE':
        membership.learnedStable(message)
        return true
      case 'SOME':
        membership.learnedMembers(message)
        return true
      case 'ROLL_CALL':
        sweep.asked(message)
        return true
      case 'SNAPSHOT_PART':
        snapshots.partReceived(message)
        return true
      case 'SNAPSHOT':
        snapshots.snapshotReceived(message)
        return true
      case 'LEAVE':
        attachment.parentLeaves(link)
        return true
      // An answer to a question asked before the link became the parent's.
      case 'REFUSE':
        return true
      default:
        return neighbours.hear(peer, message)
    }
  }
}
