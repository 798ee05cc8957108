/**
 * Runs the core: every input with the time it happened, its deadlines, and the end of each turn of the event loop.
 * What a turn produces leaves in one piece per receiver.
 */
import { nodeAlarmClock, steadyUnixMs } from '@jwp/lines'
import { MachineDriver } from '@jwp/protocol'
import { ServerCore, type ServerEffect, type ServerInput, type ServerOptions } from '@jwp/server/core'
import { nodePlatform } from './platform.js'

/** If the calendar and the monotonic watch have moved apart by this much, in milliseconds, the core is told. */
const worthReportingMs = 1_000

export interface CoreDriverHandlers {
  execute(effects: readonly ServerEffect[]): void
  /** A deadline has come, and the core has not heard of it yet. */
  beforeTick(): void
  turnEnded(): void
  /** The core threw: better no server than one whose state is wrong. The network heals without it. */
  failed(error: unknown, input: ServerInput): void
}

export class CoreDriver {
  readonly core: ServerCore
  readonly #driver: MachineDriver<ServerInput, ServerEffect>
  /** Of the core's time, as the core was told last. */
  #calendarAheadMs = 0

  constructor(options: ServerOptions, handlers: CoreDriverHandlers) {
    this.core = new ServerCore(options, nodePlatform)
    this.#driver = new MachineDriver<ServerInput, ServerEffect>(this.core, {
      clock: nodeAlarmClock(),
      execute: (effects) => {
        handlers.execute(effects)
      },
      due: () => {
        handlers.beforeTick()
        this.handle({ type: 'tick' })
      },
      failed: (error, input) => {
        handlers.failed(error, input)
      },
      turns: {
        endInput: { type: 'turn-ended' },
        // After all sockets that are readable in this turn of the event loop.
        soon: setImmediate,
        begins: () => {
          this.#lookAtCalendar()
        },
        ended: () => {
          handlers.turnEnded()
        },
      },
    })
  }

  readonly handle = (input: ServerInput): void => {
    this.#driver.handle(input)
  }

  stop(): void {
    this.#driver.stop()
  }

  /** The monotonic watch stands still while the machine sleeps, and does not notice that the calendar is set. */
  #lookAtCalendar(): void {
    const unixMs = Date.now()
    const aheadMs = unixMs - steadyUnixMs()
    if (Math.abs(aheadMs - this.#calendarAheadMs) < worthReportingMs) return
    this.#calendarAheadMs = aheadMs
    this.handle({ type: 'calendar', unixMs })
  }
}
