/**
 * Notices silent peers, and measures how far away they are.
 *
 * Only silence in what is received counts, and of that every byte: a megabyte of log takes seconds on a slow line. A
 * server whose own timers came late (it was paused, or collected garbage) suspects itself first: what its peers sent
 * may still lie unread in its sockets, so it gives every peer a new limit before it gives one up.
 */
import type { LinkId, LogIndex, ServerMessageOf } from '@jwp/protocol'
import { firstByteTimeoutMs, unprovedLinkLimitMs } from '@jwp/protocol'
import { earliest } from '../earliest.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { TurnTime } from '../turn-time.js'
import { latencyCapMs } from './latency-samples.js'
import type { LinkTable, PeerLink } from './link-table.js'
import type { ChildJoined, ParentFound, TreeListener } from './tree-listener.js'

/**
 * A link whose send buffer has been full for so long, in milliseconds, leads to a peer that is alive and reads
 * nothing: a few megabytes would have left over any line in use. Cut off it holds up no other server, and may come
 * back.
 */
const takeInLimitMs = 30_000
/** A link that is never idle is measured all the same: every so many heartbeat intervals. */
const measureEvery = 4

export interface LivenessNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly links: Pick<LinkTable, 'get' | 'all' | 'send'>
  readonly outbox: Pick<Outbox, 'report'>
  /** What this neighbour should know of how far the log is applied. */
  readonly appliedFor: (peer: PeerLink) => LogIndex
}

export class Liveness implements TreeListener {
  readonly #needs: LivenessNeeds
  /** When we last found that we had stood still. */
  #wokeMs = -Infinity

  constructor(needs: LivenessNeeds) {
    this.#needs = needs
  }

  /** A heartbeat at once: it measures the latency that the timers scale with. */
  parentFound({ link }: ParentFound): void {
    this.#greetAt(link)
  }

  childJoined({ child }: ChildJoined): void {
    this.#greetAt(child.link)
  }

  /** To be called first at every input. `promisedMs`: when we had asked to be woken. Were we asleep? */
  wake(promisedMs: number | undefined): void {
    const { time, links, outbox, options } = this.#needs
    if (promisedMs === undefined || time.nowMs - promisedMs < options.timing.silenceLimitMs / 4) return
    this.#wokeMs = time.nowMs
    for (const peer of links.all()) peer.heardMs = time.nowMs
    outbox.report({ event: 'late-timers', lateMs: Math.round(time.nowMs - promisedMs) })
  }

  heard(peer: PeerLink): void {
    peer.heardMs = this.#needs.time.nowMs
  }

  /**
   * Its heartbeats wait behind what is on its way. This holds for peers only: an unauthenticated link may not live on
   * single bytes.
   */
  progressed(peer: PeerLink): void {
    if (isTreeLink(peer)) this.heard(peer)
  }

  beat(peer: PeerLink, message: ServerMessageOf<'HEARTBEAT'>): void {
    const { nowMs } = this.#needs.time
    peer.peerBeat = { sentMs: message.sentMs, atMs: nowMs }
    // An answer that lay in our socket while we slept says nothing about the way.
    if (message.echoMs === undefined || message.echoMs < this.#wokeMs) return
    peer.latencies.add(nowMs - message.echoMs)
    peer.latencyMs = peer.latencies.medianMs()
  }

  /** Sends what is due and returns the links that are to be given up. */
  tick(): { link: LinkId; why: string }[] {
    const { time, links } = this.#needs
    const lost: { link: LinkId; why: string }[] = []
    for (const peer of links.all()) {
      const { link } = peer
      if (time.nowMs - peer.heardMs >= this.#silenceLimitMs(peer))
        lost.push({ link, why: 'silent for too long' })
      else if (time.nowMs - (peer.blockedSinceMs ?? Infinity) >= takeInLimitMs)
        lost.push({ link, why: `accepted no data for ${takeInLimitMs / 1_000} s` })
      else if (isTreeLink(peer) && time.nowMs >= this.#beatDueMs(peer)) this.#greet(peer)
    }
    return lost
  }

  #greetAt(link: LinkId): void {
    const peer = this.#needs.links.get(link)
    if (peer !== undefined) this.#greet(peer)
  }

  #greet(peer: PeerLink): void {
    const { time, links, appliedFor } = this.#needs
    const echoMs =
      peer.peerBeat === undefined ? undefined : peer.peerBeat.sentMs + (time.nowMs - peer.peerBeat.atMs)
    peer.peerBeat = undefined
    peer.beatMs = time.nowMs
    links.send(peer.link, { type: 'HEARTBEAT', sentMs: time.nowMs, echoMs, applied: appliedFor(peer) })
  }

  nextDeadlineMs(): number | undefined {
    const { links } = this.#needs
    let next: number | undefined
    for (const peer of links.all()) {
      next = earliest(next, peer.heardMs + this.#silenceLimitMs(peer))
      if (peer.blockedSinceMs !== undefined) next = earliest(next, peer.blockedSinceMs + takeInLimitMs)
      if (isTreeLink(peer)) next = earliest(next, this.#beatDueMs(peer))
    }
    return next
  }

  #beatDueMs(peer: PeerLink): number {
    const { heartbeatEveryMs } = this.#needs.options.timing
    return Math.min(peer.sentMs + heartbeatEveryMs, peer.beatMs + measureEvery * heartbeatEveryMs)
  }

  /**
   * Links that are no part of the tree have their own deadlines; this one only stops an unauthenticated link from
   * idling for ever.
   */
  #silenceLimitMs(peer: PeerLink): number {
    const { silenceLimitMs, heartbeatEveryMs } = this.#needs.options.timing
    // What is lost on a long line comes a round trip later at the earliest.
    if (isTreeLink(peer)) return Math.max(silenceLimitMs, Math.ceil(4 * roundTripMs(peer)) + heartbeatEveryMs)
    return peer.purpose === 'unknown' && !peer.hasProved ? unprovedLinkLimitMs : firstByteTimeoutMs
  }
}

/** Smoothed, as soon as heartbeats have measured it. */
function roundTripMs({ latencyMs, roundTripMs: first = 0 }: PeerLink): number {
  return 2 * (latencyMs ?? Math.min(latencyCapMs, first / 2))
}

function isTreeLink(peer: PeerLink): boolean {
  return peer.purpose === 'child' || peer.purpose === 'parent'
}
