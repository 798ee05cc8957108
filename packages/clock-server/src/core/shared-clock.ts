/**
 * One of several clocks. While it leads it is an ordinary clock whose ceiling lies in the store that all share; else
 * it tells askers where the leader is.
 *
 * Nothing is granted but below a ceiling that the store has, and only the leader of the store's last record can raise
 * it; each term begins at the ceiling of the one before. So no timestamp is given twice, whatever pauses or gets
 * lost. That timestamps rise for all askers needs the lease, too: see `leadership.ts`.
 */
import type { ClockMessage, Timestamp } from '@jwp/protocol'
import {
  ClockCore,
  defaultClockCoreOptions,
  type AskerId,
  type ClockEffect,
  type ClockInput,
} from './clock-core.js'
import type { LeadershipEffect, LeadershipInput, Moment } from './leadership-facts.js'
import { Leadership, type LeadershipOptions } from './leadership.js'

export type SharedClockInput =
  Extract<ClockInput, { type: 'request' } | { type: 'asker-gone' }> | LeadershipInput

export type SharedClockEffect = Extract<ClockEffect, { type: 'answer' }> | LeadershipEffect

export interface SharedClockState {
  readonly last: Timestamp
  readonly ceiling: Timestamp
  readonly served: number
  readonly refused: number
  readonly waiting: number
}

export class SharedClock {
  readonly leadership: Leadership
  readonly #options: LeadershipOptions
  /** While the last record in the store is ours: each term has a core of its own. */
  #clock: ClockCore | undefined
  /** By the cores of terms that are over. */
  #served = 0
  #refused = 0
  #notLeader = 0

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.leadership = new Leadership(options)
  }

  handle(input: SharedClockInput, now: Moment): readonly SharedClockEffect[] {
    if (input.type === 'request') return this.#request(input, now)
    if (input.type === 'asker-gone') {
      this.#clock?.handle(input, now.unixMs)
      return []
    }
    const effects: SharedClockEffect[] = [...this.leadership.handle(input, now)]
    this.#follow(effects, now)
    return effects
  }

  nextDeadlineMs(): number | undefined {
    return this.leadership.nextDeadlineMs()
  }

  /** For `/status`. */
  get state(): SharedClockState {
    const { last, ceiling, served, refused, waiting } = this.#clock?.state ?? {
      last: 0,
      ceiling: 0,
      served: 0,
      refused: 0,
      waiting: 0,
    }
    return { last, ceiling, waiting, served: this.#served + served, refused: this.#refused + refused }
  }

  /** Requests that were sent on to the leader. */
  get sentOn(): number {
    return this.#notLeader
  }

  #request(input: Extract<SharedClockInput, { type: 'request' }>, now: Moment): SharedClockEffect[] {
    const clock = this.#clock
    const { asker, request } = input
    if (clock === undefined || !this.leadership.isLeading(now))
      return [this.#sendOn(asker, request.nonce, now)]
    return this.#execute(clock.handle(input, now.unixMs), now)
  }

  /** Brings the clock into line with what became of the leadership. */
  #follow(effects: SharedClockEffect[], now: Moment): void {
    const { ceiling } = this.leadership
    // With the next write its lease may begin again. No request waits for that, so none is served too late.
    if (this.#clock !== undefined && !this.leadership.isLeading(now)) this.#dismiss(this.#clock, effects, now)
    if (ceiling === undefined) return this.#retire()
    const core = (this.#clock ??= this.#begin())
    if (ceiling > core.state.ceiling)
      effects.push(...this.#execute(core.handle({ type: 'ceiling-persisted', ceiling }, now.unixMs), now))
  }

  #begin(): ClockCore {
    return new ClockCore({
      ...defaultClockCoreOptions,
      // As far ahead as the lease: see there.
      ceilingStepMs: this.#options.leaseMs,
      ceiling: this.leadership.beganAt,
    })
  }

  #retire(): void {
    this.#served += this.#clock?.state.served ?? 0
    this.#refused += this.#clock?.state.refused ?? 0
    this.#clock = undefined
  }

  #dismiss(core: ClockCore, effects: SharedClockEffect[], now: Moment): void {
    for (const { asker, nonce } of core.dismissWaiting()) effects.push(this.#sendOn(asker, nonce, now))
  }

  #sendOn(asker: AskerId, nonce: number, now: Moment): Extract<ClockEffect, { type: 'answer' }> {
    this.#notLeader++
    const leader = this.leadership.leaderAt(now)
    const message: ClockMessage =
      leader === undefined ? { type: 'NOT_LEADER', nonce } : { type: 'NOT_LEADER', nonce, leader }
    return { type: 'answer', asker, message }
  }

  #execute(effects: readonly ClockEffect[], now: Moment): SharedClockEffect[] {
    return effects.flatMap<SharedClockEffect>((effect) =>
      effect.type === 'answer' ? [effect] : this.leadership.want(effect.ceiling, now),
    )
  }
}
