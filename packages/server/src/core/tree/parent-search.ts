/**
 * An orphan's way back into a tree.
 *
 * It asks all servers that it knows at once (a poll), attaches where there is a root above, waits where a better placed
 * orphan will found the next tree, and founds it itself when it can account for all, or after a grace. Two polls in a
 * row must give the same picture before it does. Until then it accepts messages into its queue and applies nothing.
 */
import type { Address, ForeignMessage, LinkId, Random, ServerMessage, ServerMessageOf } from '@jwp/protocol'
import { sameEndpoint } from '@jwp/protocol'
import { earliest } from '../earliest.js'
import type { Log } from '../log/log.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { Deadpool } from './deadpool.js'
import { judgePoll } from './election.js'
import { endpointKey } from './endpoint-key.js'
import type { Founding } from './founding.js'
import type { JoinQuestion } from './join-question.js'
import type { HowLost, LinkOwner } from './link-owner.js'
import type { LinkTable, PeerLink } from './link-table.js'
import { isPlaceless, type NamedParent } from './named-parent.js'
import { Poll, type Candidate, type PollAnswer } from './parent-poll.js'
import type { PollWindows } from './poll-windows.js'
import type { OwnPosition } from './position.js'
import type { RetryBudget } from './retry-budget.js'
import type { RoleKeeper } from './role.js'
import type { Timers } from './timers.js'

interface Attempt {
  readonly link: LinkId
  readonly address: Address
  deadlineMs: number
  /** Redirects followed so far. */
  readonly hops: number
}

interface Search {
  /** When the first poll may begin; the grace counts from here. */
  readonly sinceMs: number
  /** The lost parent was the root, and we were one of its heirs. */
  readonly wasHeir: boolean
  /** The lost parent was not the root: then nearer ancestors are preferred. */
  readonly prefersAncestors: boolean
  /** Endpoint keys at the time of the loss. */
  readonly pathKeys: readonly string[]
  readonly heirKeys: readonly string[]
  /** A parent that left in order: as good as dead. */
  readonly left: Address | undefined
  poll: Poll | undefined
  /** Asked in the last poll, and not given up: their answers count for the next one. */
  unanswered: readonly Candidate[]
  attempt: Attempt | undefined
  nextPollMs: number
  /** What the last poll saw, if it spoke for founding a tree. */
  picture: string | undefined
}

const maxRedirects = 16
/** A parent that was ours for so long, in milliseconds, did not take us in vain. */
const longEnoughMs = 1_000
/** Between two parents that we have for a moment only, at most, in milliseconds: healing must not wait longer. */
const longestPauseMs = 2_000

export interface ParentSearchNeeds {
  readonly self: Pick<Self, 'id' | 'address'>
  readonly time: TurnTime
  readonly random: Pick<Random, 'between'>
  readonly options: Pick<ServerOptions, 'timing'>
  readonly timers: Pick<Timers, 'retryMs' | 'nearerAncestorMs' | 'graceMs'>
  readonly retry: Pick<RetryBudget, 'ranOut' | 'longestOpeningMs' | 'longestAnswerMs'>
  readonly windows: PollWindows
  readonly role: Pick<RoleKeeper, 'search' | 'allows'>
  readonly position: Pick<OwnPosition, 'now' | 'lostParentAs'>
  readonly log: Pick<Log, 'last'>
  readonly links: Pick<LinkTable, 'get' | 'dial' | 'send' | 'close'>
  readonly deadpool: Pick<Deadpool, 'path' | 'heirs' | 'candidates' | 'refused'>
  readonly named: NamedParent
  readonly question: Pick<JoinQuestion, 'to'>
  readonly founding: Pick<Founding, 'found'>
  readonly outbox: Pick<Outbox, 'push' | 'report'>
  /** The server that we asked for a place takes us. */
  readonly onAccepted: (link: LinkId, answer: ServerMessageOf<'AUTHENTICATION_SUCCESS'>) => void
}

export class ParentSearch implements LinkOwner {
  readonly #needs: ParentSearchNeeds
  #search: Search | undefined
  /** Not before that: a path came with ourselves in it, or parents lost us as soon as they took us. */
  #backOffUntilMs = 0
  /** Parents in a row that we had for a moment only. */
  #shortStays = 0

  constructor(needs: ParentSearchNeeds) {
    this.#needs = needs
  }

  /** The parent is lost, or this server begins with a configured parent. */
  begin(why: { readonly left: Address | undefined }): void {
    const { deadpool, role, position, self, time, options, named } = this.#needs
    const rank = deadpool.heirs.findIndex((heir) => heir.id === self.id)
    position.lostParentAs(rank)
    role.search()
    const startMs = Math.max(
      time.nowMs + (named.hasJoined ? options.timing.timeBeforeReconnectMs : 0),
      this.#backOffUntilMs,
    )
    this.#search = {
      sinceMs: startMs,
      wasHeir: rank !== -1 && deadpool.path.length === 1,
      prefersAncestors: deadpool.path.length > 1,
      pathKeys: deadpool.path.map((ancestor) => endpointKey(ancestor.address)),
      heirKeys: deadpool.heirs.filter((heir) => heir.id !== self.id).map((heir) => endpointKey(heir.address)),
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
    const { random, timers, time } = this.#needs
    this.#backOffUntilMs = time.nowMs + random.between(1, 5) * timers.retryMs()
  }

  /**
   * A parent was lost, `stayedMs` after it took this server. One that dies soon is bad luck. One after the other,
   * whatever the cause, would take and lose this server thousands of times, and each time costs all servers around.
   */
  stayed(stayedMs: number): void {
    if (stayedMs >= longEnoughMs) this.#shortStays = 0
    else if (++this.#shortStays > 1) {
      const { random, time, timers } = this.#needs
      const pauseMs = Math.min(2 ** (this.#shortStays - 2) * timers.retryMs(), longestPauseMs)
      const untilMs = time.nowMs + pauseMs * random.between(0.75, 1.25)
      this.#backOffUntilMs = Math.max(this.#backOffUntilMs, untilMs)
    }
  }

  /** We are in a tree again: close what the search has opened, except the link that became the parent's. */
  end(keep: LinkId | undefined): void {
    const search = this.#search
    this.#search = undefined
    this.#needs.named.joined()
    if (search === undefined) return
    this.#closePoll(search, keep)
    if (search.attempt !== undefined && search.attempt.link !== keep)
      this.#needs.links.close(search.attempt.link)
  }

  /** A server that we dialled has taken the connection; the handshake is still to come. */
  connected(link: LinkId): void {
    this.#needs.named.connected(this.#addressAt(link))
  }

  opened(link: LinkId): void {
    const search = this.#search
    if (search === undefined) return
    const { named, time } = this.#needs
    this.connected(link)
    named.spoke(this.#addressAt(link))
    if (search.attempt?.link === link) this.#put(search.attempt)
    else {
      const candidate = this.#candidateAt(link)
      if (candidate === undefined) return
      candidate.answer = { is: 'silent' }
      candidate.askedMs = time.nowMs
      this.#ask(link, candidate.address, { dry: true })
    }
  }

  message({ link }: PeerLink, message: ServerMessage): string | undefined {
    if (message.type === 'REFUSE') this.#refused(link, message)
    else if (message.type === 'AUTHENTICATION_FAIL') this.#denied(link, message.info)
    else if (message.type === 'AUTHENTICATION_SUCCESS' && this.#search?.attempt?.link === link)
      this.#needs.onAccepted(link, message)
    // A SUCCESS that comes too late is no place of ours any more: the link closes, and the other side forgets us.
    else return `unexpected ${message.type}`
    return undefined
  }

  lost(link: LinkId, how: HowLost, why: string): void {
    const search = this.#search
    if (search === undefined) return
    const { named } = this.#needs
    const candidate = this.#candidateAt(link)
    if (search.attempt?.link === link) this.#attemptFailed(search, why)
    else if (candidate !== undefined) {
      named.reportUnreachable(candidate.address, why)
      if (how === 'gone' && candidate.answer.is === 'dialling') named.gone(candidate.address)
      this.#note(search, link, { is: how })
    }
  }

  /** No version of the protocol in common: that does not change by itself. */
  foreign({ link }: PeerLink, _message: ForeignMessage, info: string): void {
    const address = this.#addressAt(link)
    if (this.#search === undefined || address === undefined) return
    const key = endpointKey(address)
    if (this.#needs.named.stopIf(address, `cannot join ${key}: ${info}`)) return
    this.#useless(this.#search, link, info)
  }

  tick(): void {
    const search = this.#search
    if (search === undefined) return
    const { time, retry, links } = this.#needs
    if (search.attempt !== undefined) {
      if (time.nowMs < search.attempt.deadlineMs) return
      retry.ranOut(search.attempt.address)
      links.close(search.attempt.link)
      this.#attemptFailed(search, 'no answer')
    } else if (search.poll !== undefined) this.#weigh(search, search.poll)
    else if (time.nowMs >= search.nextPollMs) this.#startPoll(search)
  }

  nextDeadlineMs(): number | undefined {
    const search = this.#search
    if (search === undefined) return undefined
    if (search.attempt !== undefined) return search.attempt.deadlineMs
    const poll = search.poll
    if (poll === undefined) return search.nextPollMs
    const { timers, named, windows } = this.#needs
    const preferred = named.in(poll)
    const isRooted = poll.rooted().length > 0
    // No other server is taken before that.
    if (isRooted && (preferred?.answer.is === 'dialling' || preferred?.answer.is === 'silent'))
      return named.waitsUntilMs(search.sinceMs, windows.candidateEndsMs(poll, preferred))
    return earliest(
      isRooted ? windows.leastEndsMs(poll) : windows.endsMs(poll),
      // No server is rooted any more (it died meanwhile): a deadline in the past would make us spin.
      poll.firstRootedMs === undefined || !isRooted
        ? undefined
        : poll.firstRootedMs + timers.nearerAncestorMs(),
      search.wasHeir && this.#onlyFarContactsMissing(search, poll)
        ? windows.leastWaitEndsMs(poll)
        : undefined,
    )
  }

  #refused(link: LinkId, message: ServerMessageOf<'REFUSE'>): void {
    const search = this.#search
    if (search === undefined) return
    const { named, outbox } = this.#needs
    named.spoke(this.#addressAt(link))
    if (message.why === 'taken' && !named.hasJoined && this.#isNameTakenForGood(search, link)) {
      outbox.push({ type: 'stop', exitCode: 4, info: this.#nameIsInUse() })
    } else if (search.attempt?.link === link) this.#attemptRefused(search, search.attempt, message)
    else this.#note(search, link, answerOf(message))
  }

  /** Perhaps it is the last run of this server, under another port, whose death is not known everywhere yet. */
  #isNameTakenForGood(search: Search, link: LinkId): boolean {
    const { time, options, named } = this.#needs
    const { silenceLimitMs, attachTimeoutMs } = options.timing
    if (time.nowMs - search.sinceMs >= silenceLimitMs + attachTimeoutMs) return true
    const address = this.#addressAt(link)
    if (address !== undefined) named.reportUnreachable(address, this.#nameIsInUse())
    return false
  }

  #nameIsInUse(): string {
    return `the name ${this.#needs.self.address.name} is in use in that network`
  }

  /** The secret that we were given is wrong. */
  #denied(link: LinkId, info: string): void {
    const address = this.#addressAt(link)
    if (this.#search === undefined || address === undefined) return
    const { deadpool, named } = this.#needs
    deadpool.refused(address)
    if (named.stopIf(address, `${endpointKey(address)} refused this server: ${info}`)) return
    this.#useless(this.#search, link, info)
  }

  #useless(search: Search, link: LinkId, why: string): void {
    if (search.attempt?.link === link) this.#attemptFailed(search, why)
    else this.#note(search, link, { is: 'useless', why })
    this.#needs.links.close(link)
  }

  #startPoll(search: Search): void {
    const { deadpool, links, time, named } = this.#needs
    named.beginPoll()
    const poll = new Poll(time.nowMs)
    const unanswered = new Set(search.unanswered)
    search.unanswered = []
    search.poll = poll
    for (const address of deadpool.candidates()) {
      if (search.left !== undefined && sameEndpoint(address, search.left)) continue
      const asked = [...unanswered].find((candidate) => candidate.address === address)
      if (asked === undefined) poll.ask(address, links.dial(address, 'inquiry'))
      else poll.carryOn(asked)
      if (asked !== undefined) unanswered.delete(asked)
    }
    for (const { link } of unanswered) links.close(link)
    this.#weigh(search, poll)
  }

  #candidateAt(link: LinkId): Candidate | undefined {
    const search = this.#search
    return search?.poll?.at(link) ?? search?.unanswered.find((candidate) => candidate.link === link)
  }

  #addressAt(link: LinkId): Address | undefined {
    const attempt = this.#search?.attempt
    return attempt?.link === link ? attempt.address : this.#candidateAt(link)?.address
  }

  #note(search: Search, link: LinkId, answer: PollAnswer): void {
    const candidate = this.#candidateAt(link)
    if (candidate === undefined) return
    this.#needs.named.answered(candidate.address, answer)
    const poll = search.poll
    if (poll === undefined) {
      candidate.answer = answer
      return
    }
    poll.answered(link, answer, this.#needs.time.nowMs)
    if (search.attempt === undefined) this.#weigh(search, poll)
  }

  /** Looks at the poll as it stands: attach, go on waiting, or judge it. */
  #weigh(search: Search, poll: Poll): void {
    const chosen = this.#chooseParent(search, poll)
    if (chosen !== undefined) this.#attempt(search, chosen.link, chosen.address, 0)
    else if (poll.rooted().length === 0) {
      if (this.#isOver(search, poll)) this.#judge(search, poll)
    } else if (isPlaceless(this.#needs.named.in(poll)?.answer)) {
      this.#closePoll(search, undefined)
      search.picture = undefined
      search.nextPollMs = this.#needs.time.nowMs + this.#needs.timers.retryMs()
    }
  }

  #chooseParent(search: Search, poll: Poll): Candidate | undefined {
    const { named, windows } = this.#needs
    const rooted = poll.rooted()
    const preferred = named.in(poll)
    if (preferred?.answer.is === 'rooted') return preferred
    if (preferred !== undefined && rooted.length > 0) {
      const windowEndsMs = windows.candidateEndsMs(poll, preferred)
      if (named.mayTakeUs(preferred, search.sinceMs, windowEndsMs)) return undefined
    }
    // An heir takes the first: any wait here widens the window in which a second crash can leave two orders.
    if (rooted.length === 0 || !search.prefersAncestors) return rooted[0]
    return this.#nearestAncestor(search, poll, rooted)
  }

  #nearestAncestor(search: Search, poll: Poll, rooted: readonly Candidate[]): Candidate | undefined {
    const { time, timers, windows } = this.#needs
    // Over a slow link the wait for ancestors may outlast the poll itself: then the poll's end decides.
    const hasWaited =
      time.nowMs >= poll.firstRootedMs! + timers.nearerAncestorMs() || time.nowMs >= windows.leastEndsMs(poll)
    for (const key of search.pathKeys) {
      const ancestor = poll.all().find((candidate) => candidate.key === key)
      if (ancestor?.answer.is === 'rooted') return ancestor
      const mayStillAnswer = ancestor?.answer.is === 'dialling' || ancestor?.answer.is === 'silent'
      if (mayStillAnswer && !hasWaited) return undefined
    }
    return rooted[0]
  }

  #isOver(search: Search, poll: Poll): boolean {
    const { time, windows } = this.#needs
    if (windows.isOver(poll)) return true
    return (
      search.wasHeir &&
      time.nowMs >= windows.leastWaitEndsMs(poll) &&
      this.#onlyFarContactsMissing(search, poll)
    )
  }

  /** Connected servers are waited for, and so are all in the path and all heirs. */
  #onlyFarContactsMissing({ pathKeys, heirKeys }: Search, poll: Poll): boolean {
    return poll
      .open()
      .every(
        ({ key, answer }) => answer.is === 'dialling' && !pathKeys.includes(key) && !heirKeys.includes(key),
      )
  }

  #judge(search: Search, poll: Poll): void {
    const { time, timers, options, role, position, log, named, founding } = this.#needs
    const verdict = judgePoll({
      candidates: poll.all(),
      own: position.now(),
      wasHeir: search.wasHeir,
      pathKeys: search.pathKeys,
      heirKeys: search.heirKeys,
      ageMs: time.nowMs - search.sinceMs,
      graceMs: timers.graceMs(),
      freshAloneMs: log.last === 0 ? options.timing.freshAloneMs : 0,
      isExpectedElsewhere: named.isStillExpected(),
    })
    this.#leavePoll(search, poll)
    if (verdict.is === 'take-over' && role.allows('found')) {
      if (search.picture === verdict.picture) {
        this.end(undefined)
        founding.found({ isCertainlyAlone: verdict.allGone })
        return
      }
      search.picture = verdict.picture
      this.#startPoll(search)
      return
    }
    search.picture = undefined
    search.nextPollMs = time.nowMs + timers.retryMs()
  }

  #attempt(search: Search, link: LinkId, address: Address, hops: number): void {
    const { time, retry, links } = this.#needs
    search.attempt = { link, address, deadlineMs: time.nowMs + retry.longestOpeningMs(address), hops }
    if (links.get(link)?.open === true) this.#put(search.attempt)
  }

  /** The link is open: the question leaves. */
  #put(attempt: Attempt): void {
    const { time, retry, links } = this.#needs
    const peer = links.get(attempt.link)
    if (peer === undefined) return
    attempt.deadlineMs = time.nowMs + retry.longestAnswerMs(peer)
    this.#ask(attempt.link, attempt.address, { dry: false })
  }

  #attemptRefused(search: Search, attempt: Attempt, message: ServerMessageOf<'REFUSE'>): void {
    const { links, outbox } = this.#needs
    links.close(attempt.link)
    if (message.why === 'full' && message.redirect !== undefined && attempt.hops < maxRedirects) {
      this.#closePoll(search, undefined)
      this.#attempt(search, links.dial(message.redirect, 'inquiry'), message.redirect, attempt.hops + 1)
      return
    }
    outbox.report({ event: 'refused', by: endpointKey(attempt.address), why: message.why })
    this.#attemptFailed(search, message.why)
  }

  #attemptFailed(search: Search, why: string): void {
    const { named, time, timers } = this.#needs
    named.reportUnreachable(search.attempt!.address, why)
    search.attempt = undefined
    search.picture = undefined
    this.#closePoll(search, undefined)
    search.nextPollMs = time.nowMs + timers.retryMs()
  }

  #closePoll(search: Search, keep: LinkId | undefined): void {
    const all = [...(search.poll?.all() ?? []), ...search.unanswered]
    for (const { link } of all) if (link !== keep) this.#needs.links.close(link)
    search.poll = undefined
    search.unanswered = []
  }

  /** A poll is over; a server that may only be far away is asked on, and given up when its own time is at an end. */
  #leavePoll(search: Search, poll: Poll): void {
    const { links, retry, time, windows } = this.#needs
    const open = new Set(poll.open())
    for (const candidate of poll.all()) {
      const untilMs = open.has(candidate) ? windows.givenUpAtMs(candidate) : undefined
      if (untilMs !== undefined) {
        if (time.nowMs < untilMs) continue
        retry.ranOut(candidate.address)
      }
      open.delete(candidate)
      links.close(candidate.link)
    }
    search.poll = undefined
    search.unanswered = [...open]
  }

  #ask(link: LinkId, address: Address, { dry }: { readonly dry: boolean }): void {
    this.#needs.links.send(link, this.#needs.question.to(address, { dry, root: false }))
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
