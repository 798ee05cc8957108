/**
 * The only place where an entry gets its index: at the root. (Two servers that may decide it will decide differently.)
 *
 * Ready is, for each publisher, the run of numbers that follows its last one in the log; a gap waits.
 *
 * One clock request is out at a time, for all that is ready when it leaves: batching comes by itself. A clock that
 * does not answer must not stop the network: then hybrid time stamps, and we keep asking.
 */
import type { ClockAddress, LogEntry, PublisherId, Timestamp } from '@jwp/protocol'
import { isTimestamp, timestampAtUnixMs } from '@jwp/protocol'
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

export interface SequencerNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'clockTimeoutMs'>
  readonly role: Pick<RoleKeeper, 'now' | 'isRoot'>
  readonly log: Pick<Log, 'append' | 'lastNumber' | 'lastTimestamp' | 'marksOf'>
  readonly queue: Pick<OutboundQueue, 'get' | 'has' | 'publishers' | 'removeUpTo' | 'take'>
  readonly calendar: Pick<Calendar, 'granted' | 'hybridMs'>
  readonly clocks: Pick<ClockChoice, 'current' | 'isSilent' | 'pass' | 'ranOut' | 'served' | 'timeoutMs'>
  readonly expiry: Pick<SessionExpiry, 'appended'>
  readonly persistence: Pick<Persistence, 'isBehind'>
  readonly outbox: Pick<Outbox, 'push' | 'report'>
}

export class Sequencer implements TreeListener {
  readonly #needs: SequencerNeeds
  /** (publisher, n) in the order in which they became ready. */
  #ready: (readonly [PublisherId, number])[] = []
  /** Highest n of each publisher that is ready; above its number in the log only while some are. */
  readonly #readyNumbers = new Map<PublisherId, number>()
  #request: ClockRequest | undefined
  #nextNonce = 1
  #clockAnswers = true
  /** Why no clock serves, each reason once. */
  readonly #lossesReported = new Set<string>()

  constructor(needs: SequencerNeeds) {
    this.#needs = needs
  }

  get isIdle(): boolean {
    return this.#ready.length === 0
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
    this.#readyNumbers.clear()
    this.#request = undefined
    this.#clockAnswers = true
    this.#lossesReported.clear()
  }

  /** An entry of this publisher came into the queue. */
  arrived(publisher: PublisherId): void {
    const { queue, log } = this.#needs
    let n = (this.#readyNumbers.get(publisher) ?? log.lastNumber(publisher)) + 1
    while (queue.has(publisher, n)) {
      this.#ready.push([publisher, n])
      this.#readyNumbers.set(publisher, n)
      n++
    }
  }

  /** Hybrid time stamps a part of what is ready per turn: another turn is wanted at once. */
  get hasMore(): boolean {
    const { role, persistence } = this.#needs
    return role.isRoot && !this.#clockAnswers && this.#ready.length > 0 && !persistence.isBehind
  }

  /** End of a turn: ask for as many timestamps as there are entries ready. */
  order(): void {
    // A disk that is behind slows the ordering down, and through the filling queues the publishers.
    if (!this.#needs.role.isRoot || this.#ready.length === 0 || this.#needs.persistence.isBehind) return
    if (!this.#clockAnswers) this.#stampHybrid()
    else if (this.#request === undefined) this.#ask(this.#ready.length)
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
    this.#append(fact.count, (k) => fact.start + k)
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
      atLeast: log.lastTimestamp,
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
    this.#append(Math.min(this.#ready.length, maxPerTurn), (k) => start + k)
  }

  /** What waited behind the numbers that are accounted for now is ready. */
  #skipped(entry: LogEntry): void {
    const { log, queue } = this.#needs
    for (const [publisher, upTo] of log.marksOf(entry)) {
      queue.removeUpTo(publisher, upTo)
      this.arrived(publisher)
    }
  }

  /** A skip over numbers that are here all the same comes after them, or it would pass over what can still be had. */
  #mustWait(publisher: PublisherId, n: number): boolean {
    const { log, queue } = this.#needs
    const entry = queue.get(publisher, n)
    if (entry?.kind !== 'skip' || !log.marksOf(entry).some(([other]) => this.#readyNumbers.has(other)))
      return false
    this.#ready.push([publisher, n])
    return true
  }

  #append(count: number, timestampOf: (k: number) => Timestamp): void {
    const { log, queue, role, expiry } = this.#needs
    if (role.now.name !== 'root') return
    const { epoch } = role.now
    const stamped = this.#ready.splice(0, count)
    for (let k = 0; k < stamped.length; k++) {
      const [publisher, n] = stamped[k]!
      if (this.#mustWait(publisher, n)) continue
      const { kind, body } = queue.take(publisher, n)!
      const entry = { publisher, n, kind, body, epoch, timestamp: timestampOf(k) }
      log.append(entry)
      expiry.appended(entry)
      if (this.#readyNumbers.get(publisher) === n) this.#readyNumbers.delete(publisher)
      if (kind === 'skip') this.#skipped(entry)
    }
  }
}
