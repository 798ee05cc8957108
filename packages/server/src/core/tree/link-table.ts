/** Every link to another server, and what it is for. A link that is not in here is gone. */
import type { Address, LinkId, ServerMessage } from '@jwp/protocol'
import { asLinkId, maxUnprovedLinks } from '@jwp/protocol'
import type { Outbox } from '../outbox.js'
import type { TurnTime } from '../turn-time.js'
import { LatencySamples } from './latency-samples.js'

export type LinkPurpose =
  /** Accepted; has asked nothing yet, or its question is being answered. */
  | 'unknown'
  | 'child'
  | 'parent'
  /** We dialled it to ask "would you take me", and perhaps "take me". */
  | 'inquiry'
  /** We, a root, ask another root to merge. */
  | 'merge'
  /** We, a root, ask which tree it is in. */
  | 'probe'
  /** We, a root without children, only look whether a server is there. */
  | 'liveness-probe'
  /** We ask whether it takes some of our clients. */
  | 'offer'
  /** We are full, and ask whether it has room. */
  | 'capacity-request'
  /** We leave, and ask whether our clients can go there. */
  | 'refuge'

export interface PeerLink {
  readonly link: LinkId
  readonly dialled: Address | undefined
  /** What the socket shows of an accepted peer. */
  readonly remoteHost: string | undefined
  purpose: LinkPurpose
  /** It has shown our secret. */
  hasProved: boolean
  open: boolean
  /** When we dialled it, or it came in. */
  readonly dialledMs: number
  /** A first round trip on it, as its opening showed; undefined: not measured. */
  roundTripMs: number | undefined
  /** Since when its send buffer has been full without a break; undefined: it takes what it is sent. */
  blockedSinceMs: number | undefined
  heardMs: number
  sentMs: number
  /** The peer's last heartbeat: its time, and ours when it came. */
  peerBeat: { readonly sentMs: number; readonly atMs: number } | undefined
  /** When we sent our last heartbeat. */
  beatMs: number
  readonly latencies: LatencySamples
  /** One-way latency; undefined before the first echo. */
  latencyMs: number | undefined
}

export interface LinkTableNeeds {
  readonly outbox: Pick<Outbox, 'dial' | 'send' | 'push'>
  readonly time: TurnTime
  /** The link is gone, whichever side closed it. */
  readonly onGone: (link: LinkId) => void
}

export class LinkTable {
  readonly #needs: LinkTableNeeds
  readonly #links = new Map<LinkId, PeerLink>()
  /** Accepted, without our secret so far; the oldest first. */
  readonly #unproved = new Set<LinkId>()
  #nextDialled = 1
  /**
   * Latency of the parent that we lost. An orphan has often no other link to measure, and it is now that its timers
   * must know how far away the others are. Valid until the next parent's is measured.
   */
  #lostParentLatencyMs = 0

  constructor(needs: LinkTableNeeds) {
    this.#needs = needs
  }

  get(link: LinkId): PeerLink | undefined {
    return this.#links.get(link)
  }

  all(): Iterable<PeerLink> {
    return this.#links.values()
  }

  accepted(link: LinkId, remoteHost: string): void {
    this.#add(link, undefined, remoteHost, 'unknown')
    this.#unproved.add(link)
    const [oldest] = this.#unproved
    if (this.#unproved.size > maxUnprovedLinks) this.close(oldest!)
  }

  /** It has shown our secret. */
  proved(peer: PeerLink): void {
    peer.hasProved = true
    this.#unproved.delete(peer.link)
  }

  dial(address: Address, purpose: LinkPurpose): LinkId {
    const link = asLinkId(this.#nextDialled)
    this.#nextDialled += 2
    this.#add(link, address, undefined, purpose)
    this.#needs.outbox.dial(link, address)
    return link
  }

  send(link: LinkId, message: ServerMessage): void {
    const peer = this.#links.get(link)
    if (peer === undefined) return
    peer.sentMs = this.#needs.time.nowMs
    this.#needs.outbox.send(link, message)
  }

  /** The peer becomes a child by this message. */
  admit(peer: PeerLink, message: ServerMessage): void {
    const { nowMs } = this.#needs.time
    peer.purpose = 'child'
    peer.heardMs = nowMs
    peer.sentMs = nowMs
    this.#needs.outbox.push({ type: 'send', link: peer.link, message, admits: true })
  }

  /** Closes a link from our side. Its owner must have forgotten it. */
  close(link: LinkId): void {
    if (this.forget(link) !== undefined) this.#needs.outbox.push({ type: 'close', link })
  }

  /** The other side, or the network, has closed it. */
  forget(link: LinkId): PeerLink | undefined {
    const peer = this.#links.get(link)
    this.#links.delete(link)
    this.#unproved.delete(link)
    this.#needs.onGone(link)
    if (peer?.purpose === 'parent') this.#lostParentLatencyMs = peer.latencyMs ?? this.#lostParentLatencyMs
    return peer
  }

  /** One-way latency of the slowest link of the tree that we know, in milliseconds. */
  slowestLatencyMs(): number {
    let slowest = 0
    let isParentMeasured = false
    for (const { purpose, latencyMs } of this.#links.values()) {
      if (latencyMs === undefined) continue
      slowest = Math.max(slowest, latencyMs)
      isParentMeasured ||= purpose === 'parent'
    }
    return isParentMeasured ? slowest : Math.max(slowest, this.#lostParentLatencyMs)
  }

  #add(
    link: LinkId,
    dialled: Address | undefined,
    remoteHost: string | undefined,
    purpose: LinkPurpose,
  ): void {
    const { nowMs } = this.#needs.time
    this.#links.set(link, {
      link,
      dialled,
      remoteHost,
      purpose,
      hasProved: false,
      open: dialled === undefined,
      dialledMs: nowMs,
      roundTripMs: undefined,
      blockedSinceMs: undefined,
      heardMs: nowMs,
      sentMs: nowMs,
      peerBeat: undefined,
      beatMs: nowMs,
      latencies: new LatencySamples(),
      latencyMs: undefined,
    })
  }
}
