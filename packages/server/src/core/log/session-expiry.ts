/**
 * Forgets publishers. Every session leaves a number in every server's tables, which keeps its messages from being
 * taken twice. When a session was quiet for the session lifetime, the root publishes an `expire` entry, and all
 * servers forget it at the same log position.
 *
 * A session that is connected but silent is not forgotten: its server names it now and then in a `keep` entry.
 */
import type { LogRun, Platform, PublisherId, PublisherMark, Timestamp } from '@jwp/protocol'
import { noPublisher, unixMsOfTimestamp } from '@jwp/protocol'
import type { Sessions } from '../clients/sessions.js'
import type { ServerOptions } from '../options.js'
import type { Self } from '../self.js'
import type { Persistence } from '../storage/persistence.js'
import type { RoleKeeper } from '../tree/role.js'
import type { TurnTime } from '../turn-time.js'
import type { LogFollower } from './log-follower.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'
import type { OwnEntries } from './own-entries.js'

/** Named in one entry, at most: about 100 bytes each. */
const maxPerEntry = 1_000
/** Looked at per second, at most, so that a look stays short. */
const maxPerLook = 10_000
/** Above this a session is forgotten after half its lifetime: a snapshot must be able to carry them all. */
const manyPublishers = 250_000
const shortestLookMs = 50
const longestLookMs = 1_000

interface Heard {
  /** By the log's own time… */
  timestamp: Timestamp
  /** …and by the time of this server: a clock or a machine that jumps must not make all sessions look old. */
  atMs: number
}

export interface SessionExpiryNeeds {
  readonly self: Pick<Self, 'publisher'>
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'limits' | 'timing'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly log: Pick<Log, 'keepsOf' | 'lastNumber' | 'lastTimestamp' | 'marksOf' | 'numbers' | 'publishers'>
  readonly queue: Pick<OutboundQueue, 'lowest'>
  readonly sessions: Pick<Sessions, 'isLocal' | 'publishers'>
  readonly ownEntries: Pick<OwnEntries, 'publish' | 'skip'>
  readonly persistence: Pick<Persistence, 'expired'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
}

export class SessionExpiry implements LogFollower {
  readonly #needs: SessionExpiryNeeds
  readonly #heard = new Map<PublisherId, Heard>()
  #nextLookMs = 0
  #nextKeepMs = 0
  #look: Iterator<PublisherMark> | undefined
  /** Our last `expire` entry is on its way until then, at the longest. */
  #busyUntilMs = 0

  constructor(needs: SessionExpiryNeeds) {
    this.#needs = needs
  }

  /** These entries came into our log. */
  appended(run: LogRun): void {
    if (run.publisher !== noPublisher) this.#hear(run.publisher, run.lastTimestamp)
    if (run.kind !== 'keep' && run.kind !== 'expire') return
    for (let k = 0; k < run.count; k++) {
      const entry = run.entryAt(k)
      if (run.kind === 'keep')
        for (const publisher of this.#needs.log.keepsOf(entry)) this.#hear(publisher, entry.timestamp)
      else for (const [publisher, n] of this.#needs.log.marksOf(entry)) this.#expired(publisher, n)
    }
  }

  cutTo(): void {
    // A publisher that is named in what is truncated was heard of all the same.
  }

  /** Publishers that the new log knows count as heard of just now. */
  restartAt(): void {
    this.#heard.clear()
    this.#look = undefined
  }

  tick(): void {
    const { time, role } = this.#needs
    if (time.nowMs >= this.#nextKeepMs) this.#keep()
    if (time.nowMs < this.#nextLookMs || !role.isRoot) return
    this.#nextLookMs = time.nowMs + this.#lookEveryMs()
    if (time.nowMs >= this.#busyUntilMs) this.#expireSome()
  }

  #lookEveryMs(): number {
    const { sessionLifetimeMs } = this.#needs.options.limits
    return Math.floor(Math.min(longestLookMs, Math.max(shortestLookMs, sessionLifetimeMs / 20)))
  }

  /** Ours that have been silent for a third of the lifetime, ourselves among them. */
  #keep(): void {
    const { self, time, log, sessions, ownEntries, platform, options } = this.#needs
    this.#nextKeepMs = time.nowMs + this.#lookEveryMs()
    const silent: PublisherId[] = []
    for (const publisher of [self.publisher, ...sessions.publishers()]) {
      if (log.lastNumber(publisher) === 0) continue
      const heard = this.#lastHeard(publisher)
      if (time.nowMs - heard.atMs < options.limits.sessionLifetimeMs / 3) continue
      silent.push(publisher)
      // Asked again only after another third, whatever becomes of the entry.
      heard.atMs = time.nowMs
    }
    for (let from = 0; from < silent.length; from += maxPerEntry) {
      const body = platform.encodeUtf8(JSON.stringify(silent.slice(from, from + maxPerEntry)))
      ownEntries.publish('keep', body)
    }
  }

  #expireSome(): void {
    const { log, queue, time, options, ownEntries, platform } = this.#needs
    const share = log.publishers > manyPublishers ? 2 : 1
    const oldestMs = time.nowMs - options.limits.sessionLifetimeMs / share
    const oldestLoggedMs = unixMsOfTimestamp(log.lastTimestamp) - options.limits.sessionLifetimeMs / share
    const old: PublisherMark[] = []
    this.#look ??= log.numbers()
    for (let k = 0; k < maxPerLook && old.length < maxPerEntry; k++) {
      const next = this.#look.next()
      if (next.done === true) {
        this.#look = undefined
        break
      }
      const [publisher, n] = next.value
      const heard = this.#lastHeard(publisher)
      const isOld = heard.atMs < oldestMs && unixMsOfTimestamp(heard.timestamp) < oldestLoggedMs
      if (isOld && queue.lowest(publisher) === undefined) old.push([publisher, n])
    }
    if (old.length === 0) return
    this.#busyUntilMs = time.nowMs + options.timing.decideWithinMs
    ownEntries.publish('expire', platform.encodeUtf8(JSON.stringify(old)), () => {
      this.#busyUntilMs = 0
    })
  }

  #hear(publisher: PublisherId, timestamp: Timestamp): void {
    const heard = this.#heard.get(publisher)
    if (heard === undefined) this.#heard.set(publisher, { timestamp, atMs: this.#needs.time.nowMs })
    else {
      heard.timestamp = timestamp
      heard.atMs = this.#needs.time.nowMs
    }
  }

  #lastHeard(publisher: PublisherId): Heard {
    let heard = this.#heard.get(publisher)
    if (heard === undefined) {
      heard = { timestamp: this.#needs.log.lastTimestamp, atMs: this.#needs.time.nowMs }
      this.#heard.set(publisher, heard)
    }
    return heard
  }

  #expired(publisher: PublisherId, n: number): void {
    const { self, log, queue, persistence, ownEntries, sessions } = this.#needs
    // It spoke in between: then the entry says nothing about it.
    if (log.lastNumber(publisher) > 0) return
    this.#heard.delete(publisher)
    const isAlive =
      publisher === self.publisher || sessions.isLocal(publisher) || queue.lowest(publisher) !== undefined
    // It was forgotten while we were cut off and could not say that it lives: its numbers go on from where they were.
    if (isAlive) ownEntries.skip([[publisher, n]])
    else persistence.expired(publisher)
  }
}
