/**
 * The only place where an entry gets its index: at the root. (Two servers that may decide it will decide differently.)
 *
 * Ready is, for each publisher, the run of numbers that follows its last one in the log; a gap waits.
 *
 * One clock request is out at a time, for all that is ready when it leaves: batching comes by itself. A clock that
 * does not answer must not stop the network: then hybrid time stamps, and we keep asking.
 */
import type { ClockAddress, EntryRun, Epoch, PublisherId, Timestamp } from '@jwp/protocol'
import { isTimestamp, LogRun, timestampAtUnixMs } from '@jwp/protocol'
import type { ServerInputOf } from '../inputs.js'
import type { Outbox } from '../outbox.js'
import type { Persistence } from '../storage/persistence.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Timers } from '../tree/timers.js'
import type { TreeListener } from '../tree/tree-listener.js'
import type { TurnTime } from '../turn-time.js'
import type { Calendar } from './calendar.js'
import type { ClockChoice } from './clock-choice.js'
import type { Log } from './log.js'
import type { OutboundQueue } from './outbound-queue.js'
import type { SessionExpiry } from './session-expiry.js'
import type { StabilityDemand } from './stability-demand.js'
import { TimestampReserve } from './timestamp-reserve.js'

/**
 * Most entries that get their place in one turn. A turn must stay short, or heartbeats wait behind it and neighbours
 * take a busy root for a dead one.
 */
const maxPerTurn = 8_192
/** Reasons that are reported while no clock answers, at most. */
const maxLossesReported = 8

interface ClockRequest {
  readonly nonce: number
  readonly asked: number
  readonly askedMs: number
  /** How long it may take. */
  readonly limitMs: number
  deadlineMs: number
  /** The deadline has passed once: the answer may lie unread behind a long turn of our own. */
  isOverdue: boolean
  /** Nothing is asked until the deadline. */
  readonly isBreak: boolean
}

/** Entries of one publisher, from `n` on. */
interface ReadyNumbers {
  readonly publisher: PublisherId
  n: number
  count: number
}

export interface SequencerNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'clockTimeoutMs'>
  readonly role: Pick<RoleKeeper, 'now' | 'isRoot'>
  readonly log: Pick<Log, 'append' | 'last' | 'lastNumber' | 'lastTimestamp' | 'marksOf'>
  readonly queue: Pick<OutboundQueue, 'lastFrom' | 'publishers' | 'removeUpTo' | 'runFrom' | 'take'>
  readonly calendar: Pick<Calendar, 'granted' | 'hybridMs'>
  readonly clocks: Pick<ClockChoice, 'current' | 'isSilent' | 'pass' | 'ranOut' | 'served' | 'timeoutMs'>
  readonly expiry: Pick<SessionExpiry, 'appended'>
  readonly persistence: Pick<Persistence, 'isBehind'>
  readonly demand: Pick<StabilityDemand, 'placed'>
  readonly outbox: Pick<Outbox, 'push' | 'report'>
}

export class Sequencer implements TreeListener {
  readonly #needs: SequencerNeeds
  /** In the order in which they became ready. */
  #ready: ReadyNumbers[] = []
  /** How many entries they are together. */
  #readyCount = 0
  /** Highest n of each publisher that is ready; above its number in the log only while some are. */
  readonly #readyNumbers = new Map<PublisherId, number>()
  #request: ClockRequest | undefined
  readonly #reserve = new TimestampReserve()
  #nextNonce = 1
  #clockAnswers = true
  /** Why no clock serves, each reason once. */
  readonly #lossesReported = new Set<string>()

  constructor(needs: SequencerNeeds) {
    this.#needs = needs
  }

  get isIdle(): boolean {
    return this.#readyCount === 0
  }

  get mode(): 'clock' | 'hybrid' {
    return this.#clockAnswers ? 'clock' : 'hybrid'
  }

  becameRoot(): void {
    this.#clear()
    for (const publisher of this.#needs.queue.publishers()) this.arrived(publisher)
  }

  /** We are no root any more. */
  parentFound(): void {
    this.#clear()
  }

  #clear(): void {
    this.#ready = []
    this.#readyCount = 0
    this.#readyNumbers.clear()
    this.#request = undefined
    this.#reserve.clear()
    this.#clockAnswers = true
    this.#lossesReported.clear()
  }

  /** Entries of this publisher came into the queue. */
  arrived(publisher: PublisherId): void {
    const { queue, log } = this.#needs
    const n = (this.#readyNumbers.get(publisher) ?? log.lastNumber(publisher)) + 1
    const last = queue.lastFrom(publisher, n)
    if (last < n) return
    const count = last - n + 1
    const newest = this.#ready.at(-1)
    if (newest?.publisher === publisher && newest.n + newest.count === n) newest.count += count
    else this.#ready.push({ publisher, n, count })
    this.#readyCount += count
    this.#readyNumbers.set(publisher, last)
  }

  /** Hybrid time stamps a part of what is ready per turn: another turn is wanted at once. */
  get hasMore(): boolean {
    const { role, persistence } = this.#needs
    return role.isRoot && !this.#clockAnswers && this.#readyCount > 0 && !persistence.isBehind
  }

  /** End of a turn: what is ready gets timestamps from the reserve; for the rest, and ahead, the clock is asked. */
  order(): void {
    const { role, persistence, time, log } = this.#needs
    // A disk that is behind slows the ordering down, and through the filling queues the publishers.
    if (!role.isRoot || this.#readyCount === 0 || persistence.isBehind) return
    if (!this.#clockAnswers) return this.#stampHybrid()
    const ahead = this.#reserve.wanted(this.#readyCount, time.nowMs)
    const [start, count] = this.#reserve.take(
      Math.min(this.#readyCount, maxPerTurn),
      log.lastTimestamp,
      time.nowMs,
    )
    if (count > 0) this.#append(count, start)
    const asked = this.#readyCount + ahead
    if (asked > 0 && this.#request === undefined) this.#ask(asked)
  }

  granted(fact: ServerInputOf<'clock-granted'>): void {
    if (this.#request === undefined || fact.nonce !== this.#request.nonce) return
    const fault = this.#faultOf(fact)
    if (fault !== undefined) {
      this.#lose(fault)
      return
    }
    const { askedMs } = this.#request
    this.#request = undefined
    this.#needs.calendar.granted(fact.start)
    this.#needs.clocks.served(this.#needs.time.nowMs - askedMs)
    if (!this.#clockAnswers) {
      this.#clockAnswers = true
      this.#lossesReported.clear()
      this.#needs.outbox.report({ event: 'clock-back' })
    }
    const count = Math.min(fact.count, this.#readyCount)
    this.#append(count, fact.start)
    this.#reserve.put(fact.start + count, fact.count - count, this.#needs.time.nowMs)
  }

  refused(fact: ServerInputOf<'clock-refused'>): void {
    if (fact.nonce === this.#request?.nonce) this.#askAnother(fact.info, undefined)
  }

  /** The clock that we asked stands by. */
  elsewhere(fact: ServerInputOf<'clock-elsewhere'>): void {
    if (fact.nonce !== this.#request?.nonce) return
    const { host, port } = this.#needs.clocks.current
    this.#askAnother(
      `the clock at ${host}:${port} is on standby, and no clock that this server reaches leads`,
      fact.leader,
    )
  }

  tick(): void {
    const { time, clocks } = this.#needs
    if (this.#request === undefined || time.nowMs < this.#request.deadlineMs) return
    if (!this.#request.isOverdue) {
      // We suspect ourselves first: whatever has arrived meanwhile is read before this comes again.
      this.#request.isOverdue = true
      this.#request.deadlineMs = time.nowMs + 1
      return
    }
    const { limitMs, isBreak } = this.#request
    if (!isBreak) {
      clocks.ranOut()
      // Another one, if there is: this one hangs, or is far away.
      clocks.pass()
    }
    if (this.#clockAnswers) this.#lose(`no answer in ${Math.round(limitMs)} ms`)
    else this.#ask(1)
  }

  nextDeadlineMs(): number | undefined {
    return this.#request?.deadlineMs
  }

  /**
   * Why these numbers cannot be used. How far ahead they are is the clock's business: on some machines the local time
   * is worth nothing.
   */
  #faultOf({ start, count }: ServerInputOf<'clock-granted'>): string | undefined {
    const { log } = this.#needs
    const { asked } = this.#request!
    if (!(count >= 1 && count <= asked)) return `the clock gives ${count} timestamps, asked for ${asked}`
    if (!isTimestamp(start) || !isTimestamp(start + count - 1))
      return `the clock gives no timestamp: ${start}`
    if (start <= log.lastTimestamp) return 'the clock gives timestamps from the past'
    return undefined
  }

  /** @param untilMs default: as long as this clock may take */
  #ask(count: number, untilMs?: number): void {
    const { log, outbox, clocks, time, timers } = this.#needs
    const nonce = this.#nextNonce++
    const asked = Math.min(count, maxPerTurn)
    const askedMs = time.nowMs
    const deadlineMs = untilMs ?? askedMs + clocks.timeoutMs(timers.clockTimeoutMs())
    const limitMs = deadlineMs - askedMs
    this.#request = { nonce, asked, askedMs, limitMs, deadlineMs, isOverdue: false, isBreak: false }
    outbox.push({
      type: 'ask-clock',
      clock: clocks.current,
      nonce,
      count: asked,
      atLeast: Math.max(log.lastTimestamp, this.#reserve.last),
      ...(clocks.isSilent ? { anew: true as const } : {}),
    })
  }

  /** Of several clocks another one may serve: while messages wait for it, in what is left of the time. */
  #askAnother(info: string, told: ClockAddress | undefined): void {
    const { asked, deadlineMs } = this.#request!
    if (this.#needs.clocks.pass(told)) this.#ask(asked, this.#clockAnswers ? deadlineMs : undefined)
    else if (this.#clockAnswers) this.#lose(info)
    else {
      this.#reportLost(info)
      this.#takeBreak()
    }
  }

  /** Hybrid time from now on; the question stays open in the background. */
  #lose(info: string): void {
    this.#reportLost(info)
    this.#clockAnswers = false
    this.#reserve.clear()
    this.#takeBreak()
    this.#stampHybrid()
  }

  /** Another reason than before is news, too: a slow clock may turn out to speak another version. */
  #reportLost(info: string): void {
    if (this.#lossesReported.has(info) || this.#lossesReported.size >= maxLossesReported) return
    this.#lossesReported.add(info)
    this.#needs.outbox.report({ event: 'clock-lost', info })
  }

  /** Asked again only at the deadline, so that clocks that refuse at once are not asked in a tight loop. */
  #takeBreak(): void {
    const { time, timers } = this.#needs
    const askedMs = time.nowMs
    const limitMs = timers.clockTimeoutMs()
    const deadlineMs = askedMs + limitMs
    this.#request = { nonce: -1, asked: 0, askedMs, limitMs, deadlineMs, isOverdue: false, isBreak: true }
  }

  #stampHybrid(): void {
    const { calendar, log } = this.#needs
    const start: Timestamp = Math.max(timestampAtUnixMs(calendar.hybridMs), log.lastTimestamp + 1)
    this.#append(Math.min(this.#readyCount, maxPerTurn), start)
  }

  /** What waited behind the numbers that are accounted for now is ready. */
  #skipped(run: LogRun): void {
    const { log, queue } = this.#needs
    for (const [publisher, upTo] of log.marksOf(run.pendingAt(0))) {
      queue.removeUpTo(publisher, upTo)
      this.arrived(publisher)
    }
  }

  /** A skip over numbers that are here all the same comes after them, or it would pass over what can still be had. */
  #mustWait(skip: EntryRun): boolean {
    const marks = this.#needs.log.marksOf(skip.pendingAt(0))
    return marks.some(([other]) => this.#readyNumbers.has(other))
  }

  /** The next so many of what is ready get their places, with timestamps from `start` on. */
  #append(count: number, start: Timestamp): void {
    const { queue, role } = this.#needs
    if (role.now.name !== 'root') return
    let left = count
    while (left > 0 && this.#ready.length > 0) {
      const next = this.#ready[0]!
      const { publisher, n } = next
      const found = queue.runFrom(publisher, n, Math.min(left, next.count))!
      const run = found.kind === 'skip' ? found.slice(0, 1) : found
      const timestamp = start + count - left
      left -= run.count
      next.n += run.count
      next.count -= run.count
      if (next.count === 0) this.#ready.shift()
      if (run.kind === 'skip' && this.#mustWait(run)) this.#ready.push({ publisher, n, count: 1 })
      else {
        this.#readyCount -= run.count
        this.#place(run, role.now.epoch, timestamp)
      }
    }
    this.#needs.demand.placed(this.#needs.log.last, this.isIdle)
  }

  #place(waiting: EntryRun, epoch: Epoch, timestamp: Timestamp): void {
    const { log, queue, expiry } = this.#needs
    const { publisher, firstN, lastN, count } = waiting
    queue.take(publisher, firstN, count)
    const run = LogRun.ordered(waiting, epoch, timestamp)
    log.append(run)
    expiry.appended(run)
    if (this.#readyNumbers.get(publisher) === lastN) this.#readyNumbers.delete(publisher)
    if (run.kind === 'skip') this.#skipped(run)
  }
}
