/**
 * Where everything about links comes in: chooses who handles it by what the link is for. A message that does not
 * belong on its link closes it; the peer is broken or hostile, and either way no peer of ours.
 */
import {
  noVersionInCommon,
  protocolVersions,
  type ForeignMessage,
  type LinkId,
  type ServerMessage,
} from '@jwp/protocol'
import { LogGap } from '../log/log.js'
import { equalInConstantTime } from '../equal-in-constant-time.js'
import type { Parts } from '../parts.js'
import { statusOf } from '../status.js'
import { Attachment } from './attachment.js'
import type { PeerLink } from './link-table.js'
import { asSeenFrom } from './seen-addresses.js'

export class LinkDesk {
  readonly #parts: Parts
  readonly #attachment: Attachment

  constructor(parts: Parts) {
    this.#parts = parts
    this.#attachment = new Attachment(parts)
  }

  opened(link: LinkId, roundTripMs: number | undefined): void {
    const { links, orphanhood, merging, commitment, time, balance, capacity, leaving, patience } = this.#parts
    const peer = links.get(link)
    if (peer === undefined) return
    peer.open = true
    peer.heardMs = time.nowMs
    peer.roundTripMs = roundTripMs
    patience.settled(peer)
    if (peer.purpose === 'inquiry') orphanhood.opened(link)
    else if (peer.purpose === 'census') commitment.censusOpened(link)
    else if (peer.purpose === 'offer') balance.offerOpened(link)
    else if (peer.purpose === 'plea') capacity.pleaOpened(link)
    else if (peer.purpose === 'refuge') leaving.refuge.opened(link)
    else merging.opened(link)
  }

  failed(link: LinkId, why: 'refused' | 'unreachable', info: string): void {
    const peer = this.#parts.links.get(link)
    if (peer !== undefined && why === 'refused') this.#parts.patience.settled(peer)
    this.#lost(this.#parts.links.forget(link), why === 'refused' ? 'gone' : 'unreachable', info)
  }

  closed(link: LinkId, info: string): void {
    this.#lost(this.#parts.links.forget(link), 'gone', info)
  }

  message(link: LinkId, said: ServerMessage | ForeignMessage): void {
    const { links, heartbeats } = this.#parts
    const peer = links.get(link)
    if (peer === undefined) return
    // Who dials asks as soon as the link is open for it: that is a round trip after we took it.
    if (peer.dialled === undefined) peer.roundTripMs ??= this.#parts.time.nowMs - peer.dialledMs
    else if (peer.purpose !== 'parent') this.#parts.patience.answered(peer.dialled)
    heartbeats.heard(peer)
    if (said.type === 'FOREIGN') return this.#foreign(peer, said)
    const message = asSeenFrom(peer.dialled?.host ?? peer.remoteHost, said)
    switch (peer.purpose) {
      case 'stranger':
        return this.#fromStranger(peer, message)
      case 'child':
        return this.#fromChild(peer, message)
      case 'parent':
        return this.#fromParent(peer, message)
      case 'inquiry':
        return this.#answerToInquiry(peer, message)
      case 'merge':
        return this.#answerToMerge(peer, message)
      case 'probe':
        if (message.type === 'PROBE_RESULT') return this.#parts.merging.probeAnswered(link, message)
        this.#noteRefusal(peer, message)
        return this.#drop(peer, 'no answer to a probe')
      case 'offer':
        if (message.type === 'OFFER_RESULT') return this.#parts.balance.offerAnswered(link, message)
        this.#noteRefusal(peer, message)
        return this.#drop(peer, 'no answer to an offer')
      case 'plea':
        if (message.type === 'OFFER_RESULT') return this.#parts.capacity.pleaAnswered(link, message)
        this.#noteRefusal(peer, message)
        return this.#drop(peer, 'no answer to an offer')
      case 'refuge':
        if (message.type === 'OFFER_RESULT') return this.#parts.leaving.refuge.answered(link, message)
        return this.#drop(peer, 'no answer to an offer')
      case 'census':
        return this.#drop(peer, 'nothing was asked')
    }
  }

  progressed(link: LinkId): void {
    const peer = this.#parts.links.get(link)
    if (peer !== undefined) this.#parts.heartbeats.progressed(peer)
  }

  blocked(link: LinkId, blocked: boolean): void {
    const peer = this.#parts.links.get(link)
    if (peer !== undefined) peer.blockedSinceMs = blocked ? this.#parts.time.nowMs : undefined
  }

  tick(): void {
    for (const { link, why } of this.#parts.heartbeats.tick()) {
      const peer = this.#parts.links.get(link)
      if (peer !== undefined) this.#drop(peer, why)
    }
  }

  #fromStranger(peer: PeerLink, message: ServerMessage): void {
    const { links, adoption, merging, leaving, balance } = this.#parts
    if (
      message.type !== 'AUTHENTICATE' &&
      message.type !== 'PROBE' &&
      message.type !== 'OFFER' &&
      message.type !== 'STATUS'
    ) {
      return this.#deny(peer, 'expected AUTHENTICATE, PROBE, OFFER or STATUS first')
    }
    if (!equalInConstantTime(message.secret, this.#parts.self.address.secret))
      return this.#deny(peer, 'wrong secret')
    links.proved(peer)
    // Whoever asks while we leave must find us gone, not merely unwilling.
    if (leaving.isLeaving && message.type !== 'STATUS') return links.close(peer.link)
    if (message.type === 'AUTHENTICATE') adoption.asked(peer.link, message)
    else if (message.type === 'PROBE') merging.probed(peer.link, message)
    else if (message.type === 'OFFER') balance.offered(peer.link, message)
    else links.send(peer.link, { type: 'STATUS_RESULT', status: statusOf(this.#parts) })
  }

  /** It speaks no version that we know: who asks us is told so, and whom we asked is of no use. */
  #foreign(peer: PeerLink, { versions, secret }: ForeignMessage): void {
    const { links, self, orphanhood, foreign, outbox, time } = this.#parts
    if (peer.purpose === 'stranger') {
      if (secret === undefined) return this.#deny(peer, 'expected AUTHENTICATE, PROBE, OFFER or STATUS first')
      if (!equalInConstantTime(secret, self.address.secret)) return this.#deny(peer, 'wrong secret')
      const info = noVersionInCommon('this server', protocolVersions, 'you', versions)
      links.send(peer.link, { type: 'AUTHENTICATION_FAIL', info, versions: protocolVersions })
      return links.close(peer.link)
    }
    const info = noVersionInCommon('this server', protocolVersions, 'that one', versions)
    const at = peer.dialled
    if (at !== undefined && foreign.note(at, info, time.nowMs))
      outbox.report({ event: 'warning', info: `${at.host}:${at.port}: ${info}` })
    if (peer.purpose === 'inquiry') orphanhood.foreign(peer.link, info)
    else this.#drop(peer, info)
  }

  #fromChild(peer: PeerLink, message: ServerMessage): void {
    const { up, commitment, adoption, stability, heartbeats, loads, rollCall, startPermits, loginFlood } =
      this.#parts
    switch (message.type) {
      case 'UP':
        return up.received(peer.link, message)
      case 'ACK':
        return commitment.acknowledged(peer.link, message.index)
      case 'REPORT':
        return stability.reported(peer.link, message)
      case 'CHECK':
        return adoption.checkAsked(peer.link, message)
      case 'LOADS':
        return loads.received(peer.link, message)
      case 'LOST':
        return rollCall.somebodyLeft()
      case 'ROLL_ANSWER':
        return rollCall.answered(peer.link, message)
      case 'GROW':
        return startPermits.asked(peer.link, message)
      case 'GROW_OVER':
        return startPermits.over()
      case 'HEARTBEAT':
        return heartbeats.beat(peer, message)
      case 'LOGIN_REQUEST':
        return loginFlood.asked(peer.link, message)
      case 'LOGIN_ALLOWED':
        return loginFlood.allowed(peer.link, message)
      case 'LOGIN_DENIED':
        return loginFlood.denied(peer.link, message)
      case 'LEAVE':
        return this.#drop(peer, 'left in order')
      default:
        return this.#drop(peer, `a child does not send ${message.type}`)
    }
  }

  #fromParent(peer: PeerLink, message: ServerMessage): void {
    const { down, up, adoption, stability, heartbeats, loads, rollCall, startPermits, loginFlood } =
      this.#parts
    const { startingOver } = this.#parts
    switch (message.type) {
      case 'LOG':
        return this.#whileItFits(peer, () => {
          down.received(message)
        })
      case 'HELD':
        return up.held(message)
      case 'PATH':
        return this.#attachment.pathChanged(message)
      case 'CHECK_RESULT':
        return adoption.checkAnswered(message)
      case 'GROW_RESULT':
        return startPermits.answered(message)
      case 'EVERYWHERE':
        return stability.learnedEverywhere(message.index)
      case 'SOME':
        return stability.learnedMembers(message)
      case 'LOADS':
        return loads.received(peer.link, message)
      case 'ROLL_CALL':
        return rollCall.asked(message)
      case 'SNAPSHOT_PART':
        return this.#whileItFits(peer, () => {
          startingOver.partReceived(message)
        })
      case 'SNAPSHOT':
        return this.#whileItFits(peer, () => {
          startingOver.snapshotReceived(message)
        })
      case 'HEARTBEAT':
        return heartbeats.beat(peer, message)
      case 'LOGIN_REQUEST':
        return loginFlood.asked(peer.link, message)
      case 'LOGIN_ALLOWED':
        return loginFlood.allowed(peer.link, message)
      case 'LOGIN_DENIED':
        return loginFlood.denied(peer.link, message)
      case 'LEAVE':
        return this.#parentLeaves(peer)
      // Answers to a question asked before the link became the parent's.
      case 'REFUSE':
        return
      default:
        return this.#drop(peer, `a parent does not send ${message.type}`)
    }
  }

  #whileItFits(peer: PeerLink, takeOver: () => void): void {
    try {
      takeOver()
    } catch (error) {
      if (!(error instanceof LogGap) && !(error instanceof RangeError)) throw error
      // Its log does not continue ours. Attaching anew finds the common prefix again.
      this.#parts.outbox.report({ event: 'warning', info: `the parent's log does not fit: ${error.message}` })
      this.#drop(peer, 'its log does not fit ours')
    }
  }

  #parentLeaves(peer: PeerLink): void {
    const address = this.#parts.deadpool.path[0]?.address
    this.#parts.links.close(peer.link)
    this.#attachment.lost('it left in order', address)
  }

  #answerToInquiry(peer: PeerLink, message: ServerMessage): void {
    const { orphanhood } = this.#parts
    if (message.type === 'REFUSE') return orphanhood.refused(peer.link, message)
    if (message.type === 'AUTHENTICATION_FAIL') return orphanhood.denied(peer.link, message.info)
    if (message.type === 'AUTHENTICATION_SUCCESS' && orphanhood.isCurrentAttempt(peer.link)) {
      return this.#attachment.accepted(peer.link, message)
    }
    // A SUCCESS that comes too late is no place of ours any more: the link closes, and the other side forgets us.
    this.#drop(peer, `unexpected ${message.type}`)
  }

  #answerToMerge(peer: PeerLink, message: ServerMessage): void {
    const { merging } = this.#parts
    if (message.type === 'AUTHENTICATION_SUCCESS' && merging.isCurrentRequest(peer.link)) {
      return this.#attachment.accepted(peer.link, message)
    }
    this.#noteRefusal(peer, message)
    merging.refused(peer.link)
  }

  #noteRefusal({ dialled }: PeerLink, message: ServerMessage): void {
    if (message.type === 'AUTHENTICATION_FAIL' && dialled !== undefined) this.#parts.deadpool.refused(dialled)
  }

  #deny(peer: PeerLink, info: string): void {
    this.#parts.links.send(peer.link, { type: 'AUTHENTICATION_FAIL', info })
    this.#parts.links.close(peer.link)
  }

  #drop(peer: PeerLink, why: string): void {
    this.#parts.links.close(peer.link)
    this.#lost(peer, 'gone', why)
  }

  /** The link is out of the table already: tell whoever it belonged to. */
  #lost(peer: PeerLink | undefined, how: 'gone' | 'unreachable', why: string): void {
    if (peer === undefined) return
    const { children, down, orphanhood, merging, commitment, balance, capacity } = this.#parts
    switch (peer.purpose) {
      case 'child': {
        const child = children.get(peer.link)
        if (child !== undefined) down.dropChild(child, why)
        return
      }
      case 'parent':
        return this.#attachment.lost(why, undefined)
      case 'inquiry':
        return orphanhood.lost(peer.link, how, why)
      case 'merge':
      case 'probe':
        return merging.lost(peer.link)
      case 'census':
        return commitment.censusLost(peer.link, how)
      case 'offer':
        return balance.offerLost(peer.link)
      case 'plea':
        return capacity.pleaLost(peer.link)
      case 'refuge':
        return this.#parts.leaving.refuge.lost(peer.link)
      case 'stranger':
        return
    }
  }
}
