/**
 * An orphan's way back into a tree.
 *
 * It asks everybody it knows at once (a poll), attaches where there is a root above, waits where a better placed
 * orphan will take over, and takes over itself when it can account for everybody, or after a grace. Two polls in a
 * row must give the same picture before it takes over. Until then it accepts messages into its queue and applies
 * nothing.
 */
import type { Address, LinkId, ServerMessageOf } from '@jwp/protocol'
import { notInSuccession, sameEndpoint } from '@jwp/protocol'
import { earliest, type Parts } from '../parts.js'
import { endpointKey } from './deadpool.js'
import { judgePoll } from './election.js'
import { Poll, type Candidate, type PollAnswer } from './parent-poll.js'
import { ToldParent } from './told-parent.js'

interface Attempt {
  readonly link: LinkId
  readonly address: Address
  deadlineMs: number
  /** Redirects followed so far. */
  readonly hops: number
}

interface Orphan {
  /** When the first poll may begin; patience counts from here. */
  readonly sinceMs: number
  readonly wasCore: boolean
  /** Whether the lost parent was not the root: then nearer ancestors are preferred. */
  readonly prefersAncestors: boolean
  /** Endpoint keys at the time of the loss. */
  readonly pathKeys: readonly string[]
  readonly successionKeys: readonly string[]
  /** A parent that left in order: as good as dead. */
  readonly left: Address | undefined
  poll: Poll | undefined
  /** Asked in the last poll, and not given up: their answers count for the next one. */
  unanswered: readonly Candidate[]
  attempt: Attempt | undefined
  nextPollMs: number
  /** What the last poll saw, if it spoke for taking over. */
  picture: string | undefined
}

const maxRedirects = 16
/** A parent that was ours for so long, in milliseconds, did not take us in vain. */
const longEnoughMs = 1_000
/** Between two parents that we have for a moment only, at most, in milliseconds: healing must not wait longer. */
const longestPauseMs = 2_000

export class Orphanhood {
  readonly #parts: Parts
  #orphan: Orphan | undefined
  /** True until this server has been in a tree for the first time. */
  #firstJoin = true
  /** When the server that we were told to join last said anything; at first, when we began to ask it. */
  #namedSpokeMs: number | undefined
  /** Until then. Undefined: we were told nobody. */
  readonly #told: ToldParent | undefined
  /** Why the server that we were told to join could not be reached, when we last said so. */
  #saidUnreachable: string | undefined
  /** Retries to sit out after a path came with ourselves in it. */
  #backOffUntilMs = 0
  /** Parents in a row that we had for a moment only. */
  #shortStays = 0

  constructor(parts: Parts) {
    this.#parts = parts
    const { remote } = parts.options
    this.#told = remote && new ToldParent(parts, remote)
  }

  /** Becomes an orphan: our parent is lost, or we begin and were told whom to join. */
  begin(why: { left: Address | undefined }): void {
    const { deadpool, place, self, time, options } = this.#parts
    const rank = deadpool.succession.findIndex((heir) => heir.id === self.id)
    place.lastRank = rank === -1 ? notInSuccession : rank
    place.now = { role: 'orphan' }
    const startMs = Math.max(
      time.nowMs + (this.#firstJoin ? 0 : options.timing.timeBeforeReconnectMs),
      this.#backOffUntilMs,
    )
    this.#orphan = {
      sinceMs: startMs,
      wasCore: rank !== -1 && deadpool.path.length === 1,
      prefersAncestors: deadpool.path.length > 1,
      pathKeys: deadpool.path.map((ancestor) => endpointKey(ancestor.address)),
      successionKeys: deadpool.succession
        .filter((heir) => heir.id !== self.id)
        .map((heir) => endpointKey(heir.address)),
      left: why.left,
      poll: undefined,
      unanswered: [],
      attempt: undefined,
      nextPollMs: startMs,
      picture: undefined,
    }
    this.tick()
  }

  /** A path came with ourselves in it: sit out a few retries, so that the ring can dissolve elsewhere. */
  backOff(): void {
    const { random, timers, time } = this.#parts
    this.#backOffUntilMs = time.nowMs + random.between(1, 5) * timers.retryMs()
  }

  owns(link: LinkId): boolean {
    return this.#candidateAt(link) !== undefined || this.#orphan?.attempt?.link === link
  }

  connected(link: LinkId): void {
    const address = this.#addressAt(link)
    if (address !== undefined && this.#told?.is(address) === true) this.#told.took()
  }

  opened(link: LinkId): void {
    const orphan = this.#orphan
    if (orphan === undefined) return
    this.connected(link)
    if (this.#isNamed(this.#addressAt(link))) this.#namedSpokeMs = this.#parts.time.nowMs
    if (orphan.attempt?.link === link) this.#put(orphan.attempt)
    else {
      const candidate = this.#candidateAt(link)
      if (candidate === undefined) return
      candidate.answer = { is: 'silent' }
      candidate.askedMs = this.#parts.time.nowMs
      this.#authenticate(link, candidate.address, true)
    }
  }

  /** The link did not open, or is gone. */
  lost(link: LinkId, how: 'gone' | 'unreachable', info: string): void {
    const orphan = this.#orphan
    if (orphan === undefined) return
    const candidate = this.#candidateAt(link)
    if (orphan.attempt?.link === link) this.#attemptFailed(orphan, info)
    else if (candidate !== undefined) {
      this.#reportUnreachable(candidate.address, info)
      if (how === 'gone' && candidate.answer.is === 'dialling' && this.#told?.is(candidate.address) === true)
        this.#told.isGone()
      this.#note(orphan, link, { is: how })
    }
  }

  refused(link: LinkId, message: ServerMessageOf<'REFUSE'>): void {
    const orphan = this.#orphan
    if (orphan === undefined) return
    if (this.#isNamed(this.#addressAt(link))) this.#namedSpokeMs = this.#parts.time.nowMs
    if (message.why === 'taken' && this.#firstJoin && this.#nameIsTakenForGood(orphan, link)) {
      this.#parts.outbox.push({ type: 'stop', exitCode: 4, info: this.#nameIsInUse() })
    } else if (orphan.attempt?.link === link) this.#attemptRefused(orphan, orphan.attempt, message)
    else this.#note(orphan, link, answerOf(message))
  }

  /** Perhaps it is our own last run, under another port, whose death has not come round yet. */
  #nameIsTakenForGood(orphan: Orphan, link: LinkId): boolean {
    const { time, options } = this.#parts
    const { silenceLimitMs, attachTimeoutMs } = options.timing
    if (time.nowMs - orphan.sinceMs >= silenceLimitMs + attachTimeoutMs) return true
    const address = this.#addressAt(link)
    if (address !== undefined) this.#reportUnreachable(address, this.#nameIsInUse())
    return false
  }

  #nameIsInUse(): string {
    return `the name ${this.#parts.self.address.name} is in use in that network`
  }

  /** The secret that we were given is wrong. */
  denied(link: LinkId, info: string): void {
    const orphan = this.#orphan
    const { remote } = this.#parts.options
    const address = this.#addressAt(link)
    if (orphan === undefined || address === undefined) return
    this.#parts.deadpool.refused(address)
    if (this.#firstJoin && remote !== undefined && sameEndpoint(address, remote)) {
      this.#parts.outbox.push({
        type: 'stop',
        exitCode: 4,
        info: `${endpointKey(remote)} refused us: ${info}`,
      })
      return
    }
    if (orphan.attempt?.link === link) this.#attemptFailed(orphan, info)
    else this.#note(orphan, link, { is: 'useless', why: info })
    this.#parts.links.close(link)
  }

  /** No version of the protocol in common: that does not change by itself. */
  foreign(link: LinkId, info: string): void {
    const orphan = this.#orphan
    const { remote } = this.#parts.options
    const address = this.#addressAt(link)
    if (orphan === undefined || address === undefined) return
    if (this.#firstJoin && remote !== undefined && sameEndpoint(address, remote)) {
      this.#parts.outbox.push({
        type: 'stop',
        exitCode: 4,
        info: `cannot join ${endpointKey(remote)}: ${info}`,
      })
      return
    }
    if (orphan.attempt?.link === link) this.#attemptFailed(orphan, info)
    else this.#note(orphan, link, { is: 'useless', why: info })
    this.#parts.links.close(link)
  }

  /**
   * A parent was lost, `stayedMs` after it took us. One that dies soon is bad luck; one after the other, whatever the
   * cause, would take us and lose us thousands of times, and each time costs everybody around.
   */
  stayed(stayedMs: number): void {
    if (stayedMs >= longEnoughMs) this.#shortStays = 0
    else if (++this.#shortStays > 1) {
      const { random, time, timers } = this.#parts
      const pauseMs = Math.min(2 ** (this.#shortStays - 2) * timers.retryMs(), longestPauseMs)
      const untilMs = time.nowMs + pauseMs * random.between(0.75, 1.25)
      this.#backOffUntilMs = Math.max(this.#backOffUntilMs, untilMs)
    }
  }

  /** SUCCESS came. True if this is the attempt under way; the caller then takes the place. */
  isCurrentAttempt(link: LinkId): boolean {
    return this.#orphan?.attempt?.link === link
  }

  /** We are in a tree again: forget the search and close what it opened, except the link that became the parent's. */
  end(keep: LinkId | undefined): void {
    const orphan = this.#orphan
    this.#orphan = undefined
    this.#firstJoin = false
    this.#parts.deadpool.forgetRemembered()
    if (orphan === undefined) return
    this.#closePoll(orphan, keep)
    if (orphan.attempt !== undefined && orphan.attempt.link !== keep)
      this.#parts.links.close(orphan.attempt.link)
  }

  tick(): void {
    const orphan = this.#orphan
    if (orphan === undefined) return
    const { nowMs } = this.#parts.time
    if (orphan.attempt !== undefined) {
      if (nowMs >= orphan.attempt.deadlineMs) {
        this.#parts.patience.ranOut(orphan.attempt.address)
        this.#parts.links.close(orphan.attempt.link)
        this.#attemptFailed(orphan, 'no answer')
      }
    } else if (orphan.poll !== undefined) this.#weigh(orphan, orphan.poll)
    else if (nowMs >= orphan.nextPollMs) this.#startPoll(orphan)
  }

  nextDeadlineMs(): number | undefined {
    const orphan = this.#orphan
    if (orphan === undefined) return undefined
    if (orphan.attempt !== undefined) return orphan.attempt.deadlineMs
    const poll = orphan.poll
    if (poll === undefined) return orphan.nextPollMs
    const { timers } = this.#parts
    const named = this.#named(poll)
    // Nobody else is taken before that.
    if (poll.rooted().length > 0 && (named?.answer.is === 'dialling' || named?.answer.is === 'silent'))
      return this.#namedUntilMs(orphan, poll, named)
    return earliest(
      poll.rooted().length === 0 ? this.#pollEndsMs(poll) : poll.startedMs + timers.attachTimeoutMs(),
      // Nobody rooted any more (it died meanwhile): a deadline in the past would make us spin.
      poll.firstRootedMs === undefined || poll.rooted().length === 0
        ? undefined
        : poll.firstRootedMs + timers.nearerAncestorMs(),
      orphan.wasCore && this.#onlyFarContactsMissing(orphan, poll)
        ? poll.startedMs + timers.pollMinMs()
        : undefined,
    )
  }

  #startPoll(orphan: Orphan): void {
    const { deadpool, links, time } = this.#parts
    this.#askRememberedIfDue(time.nowMs)
    if (this.#firstJoin) this.#told?.check()
    const poll = new Poll(time.nowMs)
    const unanswered = new Set(orphan.unanswered)
    orphan.unanswered = []
    orphan.poll = poll
    for (const address of deadpool.candidates()) {
      if (orphan.left !== undefined && sameEndpoint(address, orphan.left)) continue
      const asked = [...unanswered].find((candidate) => candidate.address === address)
      if (asked === undefined) poll.ask(address, links.dial(address, 'inquiry'))
      else poll.carryOn(asked)
      if (asked !== undefined) unanswered.delete(asked)
    }
    for (const { link } of unanswered) links.close(link)
    this.#weigh(orphan, poll)
  }

  #candidateAt(link: LinkId): Candidate | undefined {
    const orphan = this.#orphan
    return orphan?.poll?.at(link) ?? orphan?.unanswered.find((candidate) => candidate.link === link)
  }

  #addressAt(link: LinkId): Address | undefined {
    const attempt = this.#orphan?.attempt
    return attempt?.link === link ? attempt.address : this.#candidateAt(link)?.address
  }

  #note(orphan: Orphan, link: LinkId, answer: PollAnswer): void {
    const candidate = this.#candidateAt(link)
    if (candidate === undefined) return
    const hasSpoken = answer.is !== 'gone' && answer.is !== 'unreachable'
    if (hasSpoken && this.#told?.is(candidate.address) === true) this.#told.answered(answer)
    const poll = orphan.poll
    if (poll === undefined) {
      candidate.answer = answer
      return
    }
    poll.answered(link, answer, this.#parts.time.nowMs)
    if (orphan.attempt === undefined) this.#weigh(orphan, poll)
  }

  /** Looks at the poll as it stands: attach, go on waiting, or judge it. */
  #weigh(orphan: Orphan, poll: Poll): void {
    const chosen = this.#chooseParent(orphan, poll)
    if (chosen !== undefined) this.#attempt(orphan, chosen.link, chosen.address, 0)
    else if (poll.rooted().length === 0) {
      if (this.#isOver(orphan, poll)) this.#judge(orphan, poll)
    } else if (this.#isNamedPlaceless(poll)) {
      this.#closePoll(orphan, undefined)
      orphan.picture = undefined
      orphan.nextPollMs = this.#parts.time.nowMs + this.#parts.timers.retryMs()
    }
  }

  /**
   * What was said counts for more than what was remembered: until we have been in a tree, the server that we were told
   * to join is preferred to all others as long as it answers.
   */
  #named(poll: Poll): Candidate | undefined {
    return poll.all().find(({ address }) => this.#isNamed(address))
  }

  #isNamed(address: Address | undefined): boolean {
    const { remote } = this.#parts.options
    return this.#firstJoin && remote !== undefined && address !== undefined && sameEndpoint(address, remote)
  }

  /** It looks for a place itself. Others would have us, but it lives, and may soon have one. */
  #isNamedPlaceless(poll: Poll): boolean {
    const answer = this.#named(poll)?.answer.is
    return answer === 'orphan' || answer === 'busy'
  }

  /** Whether to wait for it while others would take us. Not for ever: it may be waiting for us. */
  #mayNamedTakeUs(orphan: Orphan, poll: Poll, named: Candidate): boolean {
    const { time, options } = this.#parts
    if (named.answer.is === 'dialling' || named.answer.is === 'silent')
      return time.nowMs < this.#namedUntilMs(orphan, poll, named)
    if (!this.#isNamedPlaceless(poll)) return false
    if (time.nowMs < orphan.sinceMs + options.timing.rememberedAfterMs) return true
    this.#reportUnreachable(named.address, 'it has no place in a tree itself, and others do')
    return false
  }

  /** Who takes our connection may be far away. */
  #namedUntilMs(orphan: Orphan, poll: Poll, named: Candidate): number {
    const windowMs = this.#windowEndsMs(poll, named)
    if (this.#told?.isStillExpected() !== true) return windowMs
    return Math.max(windowMs, orphan.sinceMs + this.#parts.options.timing.rememberedAfterMs)
  }

  /** Perhaps it is gone for good. Without it, what the run before knew is better than nothing. */
  #askRememberedIfDue(nowMs: number): void {
    const { deadpool, options, outbox } = this.#parts
    this.#namedSpokeMs ??= nowMs
    const { remote, timing } = options
    if (!this.#firstJoin || remote === undefined || !deadpool.hasRemembered) return
    if (nowMs < this.#namedSpokeMs + timing.rememberedAfterMs) return
    outbox.report({ event: 'asking-remembered', count: deadpool.recall(), named: endpointKey(remote) })
  }

  #chooseParent(orphan: Orphan, poll: Poll): Candidate | undefined {
    const rooted = poll.rooted()
    const named = this.#named(poll)
    if (named?.answer.is === 'rooted') return named
    if (named !== undefined && rooted.length > 0 && this.#mayNamedTakeUs(orphan, poll, named))
      return undefined
    // A core orphan takes the first: any wait here widens the window in which a second crash can leave two orders.
    if (rooted.length === 0 || !orphan.prefersAncestors) return rooted[0]
    const { nowMs } = this.#parts.time
    const { timers } = this.#parts
    // Over a slow link the wait for ancestors may outlast the poll itself: then the poll's end decides.
    const waited =
      nowMs >= poll.firstRootedMs! + timers.nearerAncestorMs() ||
      nowMs >= poll.startedMs + timers.attachTimeoutMs()
    for (const key of orphan.pathKeys) {
      const ancestor = poll.all().find((candidate) => candidate.key === key)
      if (ancestor?.answer.is === 'rooted') return ancestor
      const mayStillAnswer = ancestor?.answer.is === 'dialling' || ancestor?.answer.is === 'silent'
      if (mayStillAnswer && !waited) return undefined
    }
    return rooted[0]
  }

  #isOver(orphan: Orphan, poll: Poll): boolean {
    if (poll.open().length === 0) return true
    const { nowMs } = this.#parts.time
    if (nowMs >= this.#pollEndsMs(poll)) return true
    return (
      orphan.wasCore &&
      nowMs - poll.startedMs >= this.#parts.timers.pollMinMs() &&
      this.#onlyFarContactsMissing(orphan, poll)
    )
  }

  /** Nobody is missing then of whom more can be expected. */
  #pollEndsMs(poll: Poll): number {
    const ends = poll.open().map((candidate) => this.#windowEndsMs(poll, candidate))
    return Math.max(poll.startedMs + this.#parts.timers.attachTimeoutMs(), ...ends)
  }

  /** Who is far away is known to need longer. */
  #windowEndsMs(poll: Poll, { address, link, dialledMs, askedMs }: Candidate): number {
    const { timers, patience, links } = this.#parts
    const peer = links.get(link)
    const endsMs =
      askedMs === undefined || peer === undefined
        ? dialledMs + patience.openingMs(address)
        : askedMs + patience.answerMs(peer)
    return Math.max(poll.startedMs + timers.attachTimeoutMs(), endsMs)
  }

  /** Whoever is connected is waited for, and so is everybody in path and succession. */
  #onlyFarContactsMissing(orphan: Orphan, poll: Poll): boolean {
    return poll
      .open()
      .every(
        ({ key, answer }) =>
          answer.is === 'dialling' && !orphan.pathKeys.includes(key) && !orphan.successionKeys.includes(key),
      )
  }

  #judge(orphan: Orphan, poll: Poll): void {
    const { time, timers, options, place, log } = this.#parts
    const verdict = judgePoll({
      candidates: poll.all(),
      own: place.position(),
      wasCore: orphan.wasCore,
      pathKeys: orphan.pathKeys,
      successionKeys: orphan.successionKeys,
      ageMs: time.nowMs - orphan.sinceMs,
      graceMs: timers.graceMs(),
      freshAloneMs: log.last === 0 ? options.timing.freshAloneMs : 0,
      isExpectedElsewhere: this.#firstJoin && this.#told?.isStillExpected() === true,
    })
    this.#leavePoll(orphan, poll)
    // Who leaves is as good as gone to everybody who asks: they elect somebody else, and two would reign.
    if (verdict.is === 'take-over' && !this.#parts.leaving.isLeaving) {
      if (orphan.picture === verdict.picture) {
        this.end(undefined)
        this.#parts.merging.takeOver({ certainlyAlone: verdict.allGone })
        return
      }
      orphan.picture = verdict.picture
      this.#startPoll(orphan)
      return
    }
    orphan.picture = undefined
    orphan.nextPollMs = time.nowMs + timers.retryMs()
  }

  #attempt(orphan: Orphan, link: LinkId, address: Address, hops: number): void {
    const { time, patience } = this.#parts
    orphan.attempt = { link, address, deadlineMs: time.nowMs + patience.longestOpeningMs(address), hops }
    if (this.#parts.links.get(link)?.open === true) this.#put(orphan.attempt)
  }

  /** The link is open: the question leaves. */
  #put(attempt: Attempt): void {
    const { time, patience, links } = this.#parts
    const peer = links.get(attempt.link)
    if (peer === undefined) return
    attempt.deadlineMs = time.nowMs + patience.longestAnswerMs(peer)
    this.#authenticate(attempt.link, attempt.address, false)
  }

  #attemptRefused(orphan: Orphan, attempt: Attempt, message: ServerMessageOf<'REFUSE'>): void {
    const { links } = this.#parts
    links.close(attempt.link)
    if (message.why === 'full' && message.redirect !== undefined && attempt.hops < maxRedirects) {
      this.#closePoll(orphan, undefined)
      this.#attempt(orphan, links.dial(message.redirect, 'inquiry'), message.redirect, attempt.hops + 1)
      return
    }
    this.#parts.outbox.report({ event: 'refused', by: endpointKey(attempt.address), why: message.why })
    this.#attemptFailed(orphan, message.why)
  }

  #attemptFailed(orphan: Orphan, why: string): void {
    this.#reportUnreachable(orphan.attempt!.address, why)
    orphan.attempt = undefined
    orphan.picture = undefined
    this.#closePoll(orphan, undefined)
    orphan.nextPollMs = this.#parts.time.nowMs + this.#parts.timers.retryMs()
  }

  #closePoll(orphan: Orphan, keep: LinkId | undefined): void {
    const all = [...(orphan.poll?.all() ?? []), ...orphan.unanswered]
    for (const { link } of all) if (link !== keep) this.#parts.links.close(link)
    orphan.poll = undefined
    orphan.unanswered = []
  }

  /** A poll is over; who may only be far away is asked on, and given up when the patience with it is at an end. */
  #leavePoll(orphan: Orphan, poll: Poll): void {
    const { links, patience, time } = this.#parts
    const open = new Set(poll.open())
    for (const candidate of poll.all()) {
      const peer = links.get(candidate.link)
      const { address, link, askedMs, dialledMs } = candidate
      if (open.has(candidate) && peer !== undefined) {
        const untilMs =
          askedMs === undefined
            ? dialledMs + patience.longestOpeningMs(address)
            : askedMs + patience.longestAnswerMs(peer)
        if (time.nowMs < untilMs) continue
        patience.ranOut(address)
      }
      open.delete(candidate)
      links.close(link)
    }
    orphan.poll = undefined
    orphan.unanswered = [...open]
  }

  /** Somebody who starts a server wants to know why it does not join. */
  #reportUnreachable(address: Address, info: string): void {
    const { remote } = this.#parts.options
    if (!this.#firstJoin || remote === undefined || !sameEndpoint(address, remote)) return
    // Asked again every few milliseconds; said once.
    if (this.#saidUnreachable === info) return
    this.#saidUnreachable = info
    this.#parts.outbox.report({ event: 'parent-unreachable', host: address.host, port: address.port, info })
  }

  #authenticate(link: LinkId, address: Address, dry: boolean): void {
    this.#parts.links.send(link, this.#parts.adoption.authenticate(address, { dry, root: false }))
  }
}

function answerOf(message: ServerMessageOf<'REFUSE'>): PollAnswer {
  switch (message.why) {
    case 'rooted':
      return { is: 'rooted' }
    case 'orphan':
      return message.position === undefined
        ? { is: 'useless', why: 'orphan' }
        : { is: 'orphan', position: message.position }
    case 'busy':
      return { is: 'busy' }
    case 'cycle':
    case 'senior':
    case 'full':
    case 'taken':
      return { is: 'useless', why: message.why }
  }
}
