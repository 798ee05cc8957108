/**
 * Runs the core: every input with the time it happened, one timer for its next deadline, and the end of each turn of
 * the event loop. What came in during a turn leaves in one piece per receiver.
 */
import { ServerCore, type ServerEffect, type ServerInput, type ServerOptions } from '@jwp/server/core'
import { nodePlatform } from './platform.js'

/** Longest time that Node's timers take. */
const longestTimerMs = 2_147_483_647
/** The core hears of it when the calendar has gone another way than our watch by so much, in milliseconds. */
const worthTellingMs = 1_000

export class CoreDriver {
  readonly #core: ServerCore
  readonly #carryOut: (effects: readonly ServerEffect[]) => void
  readonly #beforeTick: () => void
  readonly #turnEnded: () => void
  readonly #failed: (error: unknown, input: ServerInput) => void
  #timer: NodeJS.Timeout | undefined
  #timerMs: number | undefined
  readonly #facts: ServerInput[] = []
  #isRunning = false
  #turnIsOpen = false
  #tickIsQueued = false
  #stopped = false
  /** Of `nowMs`, as the core was told last. */
  #calendarAheadMs = 0

  constructor(
    options: ServerOptions,
    carryOut: (effects: readonly ServerEffect[]) => void,
    beforeTick: () => void,
    turnEnded: () => void,
    failed: (error: unknown, input: ServerInput) => void,
  ) {
    this.#core = new ServerCore(options, nodePlatform)
    this.#carryOut = carryOut
    this.#beforeTick = beforeTick
    this.#turnEnded = turnEnded
    this.#failed = failed
  }

  get core(): ServerCore {
    return this.#core
  }

  readonly handle = (input: ServerInput): void => {
    if (this.#stopped) return
    if (!this.#turnIsOpen) this.#lookAtCalendar()
    this.#run(input)
    if (this.#turnIsOpen) return
    this.#turnIsOpen = true
    // After all sockets that are readable in this turn of the event loop.
    setImmediate(this.#endTurn)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Our own watch stands while the machine sleeps, and knows of nobody who sets the calendar. */
  #lookAtCalendar(): void {
    const unixMs = Date.now()
    const aheadMs = unixMs - nowMs()
    if (Math.abs(aheadMs - this.#calendarAheadMs) < worthTellingMs) return
    this.#calendarAheadMs = aheadMs
    this.#run({ type: 'calendar', unixMs })
  }

  readonly #endTurn = (): void => {
    this.#turnIsOpen = false
    if (this.#stopped) return
    this.#run({ type: 'turn-ended' })
    this.#turnEnded()
    this.#setTimer()
  }

  /**
   * A core that throws has a defect, and its state can no longer be trusted: better no server than a wrong one. The
   * network heals without it.
   */
  #run(input: ServerInput): void {
    // Carrying out an effect may bring the next fact (a link that fills up, a client that may go on): it waits its
    // turn, or its effects would overtake those before them.
    this.#facts.push(input)
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      for (let fact = this.#facts.shift(); fact !== undefined; fact = this.#facts.shift()) this.#runOne(fact)
    } finally {
      this.#isRunning = false
    }
  }

  #runOne(input: ServerInput): void {
    if (this.#stopped) return
    let effects: readonly ServerEffect[]
    try {
      effects = this.#core.handle(input, nowMs())
    } catch (error) {
      this.stop()
      this.#failed(error, input)
      return
    }
    this.#carryOut(effects)
  }

  #setTimer(): void {
    const deadlineMs = this.#core.nextDeadlineMs()
    // Most turns only move the deadline on: a timer that fires early and asks again is cheaper than a new one per turn.
    if (
      this.#timer !== undefined &&
      deadlineMs !== undefined &&
      this.#timerMs !== undefined &&
      this.#timerMs <= deadlineMs
    )
      return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (deadlineMs === undefined || this.#stopped) return
    this.#timerMs = deadlineMs
    // Wanted at once: after the sockets that are readable by then, but not after the millisecond that a timer costs.
    if (deadlineMs <= nowMs()) {
      if (this.#tickIsQueued) return
      this.#tickIsQueued = true
      setImmediate(() => {
        this.#tickIsQueued = false
        if (!this.#stopped) this.#timerFired()
      })
      return
    }
    const waitMs = Math.min(longestTimerMs, Math.max(0, Math.ceil(deadlineMs - nowMs())))
    this.#timer = setTimeout(this.#timerFired, waitMs)
  }

  readonly #timerFired = (): void => {
    this.#timer = undefined
    const deadlineMs = this.#core.nextDeadlineMs()
    if (deadlineMs !== undefined && nowMs() < deadlineMs) this.#setTimer()
    else {
      this.#beforeTick()
      this.handle({ type: 'tick' })
    }
  }
}

/** Unix milliseconds that never go back, whatever happens to the wall clock while the process runs. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
