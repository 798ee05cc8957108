/**
 * Several clocks and the store that they share, on invented time, one step at a time: the caller decides what arrives
 * when, what is lost, who sleeps, and how fast each one's watch runs. Every grant is judged against all before it.
 */
import { timestampAtUnixMs } from '@jwp/protocol'
import {
  SharedClock,
  type LeaseView,
  type Moment,
  type SharedClockEffect,
  type SharedClockInput,
} from '@jwp/clock-server/core'

export const leaseMs = 1_000
export const someday = Date.UTC(2026, 0, 1)

type Call = Extract<SharedClockEffect, { type: 'read-lease' | 'write-lease' }>
type Answer = Extract<SharedClockInput, { type: 'lease-read' | 'lease-written' | 'lease-refused' }>

interface Member {
  core: SharedClock
  /** On its way to the store, or back. */
  call: { readonly call: Call; answer?: Answer } | undefined
  isPaused: boolean
  /** Its watch runs so much faster than the time. */
  readonly rate: number
  /** What its watch has missed or gained, and its calendar. */
  watchOffMs: number
  calendarOffMs: number
}

export interface Broken {
  readonly promise: 'once' | 'rises' | 'above what the asker has' | 'below the ceiling'
  readonly told: string
}

export class ClockParliament {
  readonly members: Member[]
  readonly broken: Broken[] = []
  readonly grants: { readonly start: number; readonly end: number }[] = []
  /** Who was told last that it leads, by member. */
  readonly reports: string[] = []
  view: LeaseView = { revision: 0, record: undefined }
  nowMs = 0
  /** Writes whose sender has given up on them, and that may still arrive. */
  readonly #astray: Call[] = []
  #runs = 0
  #highest = 0
  #highestCeiling = 0

  constructor(rates: readonly number[]) {
    this.members = rates.map((rate) => ({
      core: this.#newCore(),
      call: undefined,
      isPaused: false,
      rate,
      watchOffMs: 0,
      calendarOffMs: 0,
    }))
    for (const i of rates.keys()) this.#handle(i, { type: 'start' })
  }

  moment(i: number): Moment {
    const { rate, watchOffMs, calendarOffMs } = this.members[i]!
    return {
      steadyMs: 5_000 + this.nowMs * rate + watchOffMs,
      unixMs: Math.floor(someday + this.nowMs + calendarOffMs),
    }
  }

  isLeading(i: number): boolean {
    return this.members[i]!.core.leadership.isLeading(this.moment(i))
  }

  leaders(): number[] {
    return [...this.members.keys()].filter((i) => this.isLeading(i))
  }

  tick(i: number): void {
    if (!this.members[i]!.isPaused) this.#handle(i, { type: 'tick' })
  }

  /** The store gets what this clock has asked. */
  arrive(i: number): void {
    const call = this.members[i]!.call
    if (call !== undefined) call.answer ??= this.#execute(call.call)
  }

  /** The clock gets what the store has answered. */
  answer(i: number): void {
    const member = this.members[i]!
    const answer = member.call?.answer
    if (answer === undefined || member.isPaused) return
    member.call = undefined
    this.#handle(i, answer)
  }

  /** The clock waits no longer for the store; what it has sent may still arrive, or has. */
  giveUp(i: number): void {
    const member = this.members[i]!
    if (member.call === undefined || member.isPaused) return
    this.#strand(member)
    this.#handle(i, { type: 'store-failed', info: 'no answer' })
  }

  /** One of the answers that no clock waits for arrives. */
  arriveAstray(): void {
    const call = this.#astray.shift()
    if (call !== undefined) this.#execute(call)
  }

  /** The process dies, and another one takes its place. */
  crash(i: number): void {
    const member = this.members[i]!
    this.#strand(member)
    member.isPaused = false
    member.core = this.#newCore()
    this.#handle(i, { type: 'start' })
  }

  release(i: number): void {
    if (!this.members[i]!.isPaused) this.#handle(i, { type: 'release' })
  }

  /** A server that has `atLeast` asks this clock for timestamps. Returns the last one that it got. */
  ask(i: number, count: number, atLeast = 0): number | undefined {
    if (this.members[i]!.isPaused) return undefined
    const before = this.#highest
    this.#handle(i, { type: 'request', asker: 1, request: { type: 'TIME', nonce: 1, count, atLeast } })
    return this.#highest > before ? this.#highest : undefined
  }

  /** Each clock that is awake and reaches the store does what it should, step by step. */
  run(ms: number, { cut = [] as readonly number[] } = {}): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.nowMs += 10
      for (const i of this.members.keys()) {
        const { core } = this.members[i]!
        const deadline = core.nextDeadlineMs()
        if (deadline !== undefined && this.moment(i).steadyMs >= deadline) this.tick(i)
        if (cut.includes(i)) this.giveUp(i)
        else {
          this.arrive(i)
          this.answer(i)
        }
        this.ask(i, 7)
      }
    }
  }

  #newCore(): SharedClock {
    const run = ++this.#runs
    return new SharedClock({ id: `run ${run}`, place: { host: 'clock', port: run }, leaseMs })
  }

  #strand(member: Member): void {
    if (member.call?.call.type === 'write-lease' && member.call.answer === undefined)
      this.#astray.push(member.call.call)
    member.call = undefined
  }

  #execute(call: Call): Answer {
    if (call.type === 'read-lease') return { type: 'lease-read', view: this.view }
    if (call.ifRevision !== this.view.revision) return { type: 'lease-refused', view: this.view }
    this.view = { revision: this.view.revision + 1, record: call.record }
    this.#highestCeiling = Math.max(this.#highestCeiling, call.record.ceiling)
    return { type: 'lease-written', revision: this.view.revision }
  }

  #handle(i: number, input: SharedClockInput): void {
    const member = this.members[i]!
    for (const effect of member.core.handle(input, this.moment(i))) {
      if (effect.type === 'read-lease' || effect.type === 'write-lease') {
        if (member.call !== undefined) throw new Error('the store is asked two things at a time')
        member.call = { call: effect }
      } else if (effect.type === 'report') this.reports.push(`${i} ${effect.event.event}`)
      else if (effect.type === 'answer' && effect.message.type === 'GRANT') {
        const { start, count } = effect.message
        const atLeast = input.type === 'request' ? input.request.atLeast : 0
        this.#judge(start, start + count - 1, atLeast, `clock ${i} at ${this.nowMs}`)
      }
    }
  }

  #judge(start: number, end: number, atLeast: number, who: string): void {
    const accuse = (promise: Broken['promise']): void => {
      this.broken.push({ promise, told: `${who} grants ${start} to ${end}, highest ${this.#highest}` })
    }
    if (this.grants.some((other) => start <= other.end && other.start <= end)) accuse('once')
    if (start <= this.#highest) accuse('rises')
    if (start <= atLeast) accuse('above what the asker has')
    if (end >= this.#highestCeiling) accuse('below the ceiling')
    this.grants.push({ start, end })
    this.#highest = Math.max(this.#highest, end)
  }
}

/** The timestamp of now, by the true time, which no watch shows. */
export const timestampAt = (nowMs: number): number => timestampAtUnixMs(someday + nowMs)
