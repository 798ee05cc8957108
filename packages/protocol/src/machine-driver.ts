/**
 * Drives a machine: hands it every input with the time, one after the other, executes what it asks for, ends its turns, and
 * wakes it at its deadlines. The same for servers, clients, clocks, and their twins in the simulator.
 */
import { DeadlineAlarm, type AlarmClock, type AlarmManner } from './deadline-alarm.js'
import type { Machine } from './machine.js'

export interface DriverHost<Input, Effect> {
  readonly clock: AlarmClock
  /** Default: `lazy`. */
  readonly alarms?: AlarmManner
  /** All effects of one input, in order. What comes in meanwhile waits until they are executed. */
  execute(effects: readonly Effect[]): void
  /** A deadline has come: to be answered by an input that says so. */
  due(): void
  /**
   * The machine threw, so its state can no longer be trusted: it is driven no further. Absent: the caller of the
   * input gets the error, and the machine continues.
   */
  failed?(error: unknown, input: Input): void
  /** For a machine that needs the end of each turn. Absent: each input is a turn. */
  readonly turns?: DriverTurns<Input>
}

export interface DriverTurns<Input> {
  readonly endInput: Input
  /** Calls once, when all that is ready now has been handled. */
  soon(call: () => void): void
  /** Before the first input of a turn. Inputs that it brings come before that one. */
  begins?(): void
  /** After the last effects of a turn. */
  ended?(): void
}

export class MachineDriver<Input, Effect> {
  readonly #machine: Machine<Input, Effect>
  readonly #host: DriverHost<Input, Effect>
  readonly #alarm: DeadlineAlarm
  readonly #inputs: Input[] = []
  #isRunning = false
  #turnIsOpen = false
  #isStopped = false

  constructor(machine: Machine<Input, Effect>, host: DriverHost<Input, Effect>) {
    this.#machine = machine
    this.#host = host
    this.#alarm = new DeadlineAlarm(
      host.clock,
      host.alarms ?? 'lazy',
      () => machine.nextDeadlineMs(),
      () => {
        host.due()
      },
    )
  }

  readonly handle = (input: Input): void => {
    if (this.#isStopped) return
    const { turns } = this.#host
    if (turns === undefined) return this.#handleAlone(input)
    const isFirst = !this.#turnIsOpen
    this.#turnIsOpen = true
    if (isFirst) turns.begins?.()
    this.#run(input)
    if (isFirst) turns.soon(this.#endTurn)
  }

  /** These inputs are one turn, which ends at once. */
  turn(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (this.#isStopped) return
      this.#run(input)
    }
    this.#endTurn()
  }

  /** Nothing is handled and nothing is executed any more. */
  stop(): void {
    this.#isStopped = true
    this.#alarm.stop()
  }

  #handleAlone(input: Input): void {
    const isWithin = this.#isRunning
    try {
      this.#run(input)
    } finally {
      if (!isWithin && !this.#isStopped) this.#alarm.update()
    }
  }

  readonly #endTurn = (): void => {
    this.#turnIsOpen = false
    const { turns } = this.#host
    if (this.#isStopped || turns === undefined) return
    this.#run(turns.endInput)
    turns.ended?.()
    if (!this.#isStopped) this.#alarm.update()
  }

  /**
   * Executing an effect may bring the next input (a link that fills up, a broadcast that is answered at once): it waits its
   * turn, or its effects would overtake those before them.
   */
  #run(input: Input): void {
    this.#inputs.push(input)
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        this.#runOne(next)
    } finally {
      this.#isRunning = false
    }
  }

  #runOne(input: Input): void {
    if (this.#isStopped) return
    let effects: readonly Effect[]
    try {
      effects = this.#machine.handle(input, this.#host.clock.nowMs())
    } catch (error) {
      if (this.#host.failed === undefined) throw error
      this.stop()
      this.#host.failed(error, input)
      return
    }
    this.#host.execute(effects)
  }
}
