/** The only clock of a network: its ceiling is in a file. */
import { ClockCore, defaultClockCoreOptions, type ClockEffect, type ClockInput } from '@jwp/clock-server/core'
import { nodeAlarmClock } from '@jwp/lines'
import { MachineDriver } from '@jwp/protocol'
import PQueue from 'p-queue'
import { CeilingFile } from './ceiling-file.js'
import type { Answer, AskerInput, ClockEngine, ClockState } from './clock-engine.js'
import { lockFile, wasLocked } from './file-lock.js'

export interface FileClockOptions {
  readonly path: string
  readonly answer: Answer
  /** It must not go on: what was written last may not be on the disk. */
  readonly onFailure: (info: string) => void
}

export class FileClock implements ClockEngine {
  readonly leadership = undefined
  readonly #options: FileClockOptions
  readonly #disk = new PQueue({ concurrency: 1 })
  readonly #file: CeilingFile
  readonly #core: ClockCore
  readonly #driver: MachineDriver<ClockInput, ClockEffect>
  readonly #unlock: () => void
  /** What an earlier clock has given out here is not known any more; undefined: it is, or there was none. */
  readonly loss: string | undefined

  /** @throws CeilingFileError, or what the file system says. */
  constructor(options: FileClockOptions) {
    this.#options = options
    this.#file = new CeilingFile(options.path)
    const { path } = this.#file
    if (wasLocked(path) && !this.#file.isThere) this.loss = lossWords(path)
    this.#unlock = lockFile(path)
    try {
      this.#core = new ClockCore({ ...defaultClockCoreOptions, ceiling: this.#file.read() })
    } catch (error) {
      this.#unlock()
      throw error
    }
    this.#driver = new MachineDriver<ClockInput, ClockEffect>(this.#core, {
      // A ceiling from before a restart is of this machine's calendar, and so is the time.
      clock: nodeAlarmClock(Date.now),
      execute: (effects) => {
        for (const effect of effects) this.#execute(effect)
      },
      // It has no deadlines.
      due: () => undefined,
    })
  }

  /**
   * Written once before the first answer: a disk that cannot be written is known now, not at the first grant. Through
   * the same queue as later writes, since a server may ask already.
   * @throws what the file system says.
   */
  async prove(): Promise<void> {
    const { ceiling } = this.#core.state
    try {
      await this.#disk.add(() => this.#file.write(ceiling))
    } catch (error) {
      this.#unlock()
      throw error
    }
  }

  get state(): ClockState {
    return this.#core.state
  }

  get about(): object {
    return { file: this.#file.path }
  }

  handle(input: AskerInput): void {
    this.#driver.handle(input)
  }

  async stop(): Promise<void> {
    await this.#disk.onIdle()
    this.#unlock()
  }

  #execute(effect: ClockEffect): void {
    if (effect.type === 'answer') return this.#options.answer(effect.asker, effect.message)
    void this.#disk
      .add(() => this.#file.write(effect.ceiling))
      .then(
        () => {
          this.#driver.handle({ type: 'ceiling-persisted', ceiling: effect.ceiling })
        },
        (error: unknown) => {
          this.#options.onFailure(
            `the clock's file ${this.#file.path} cannot be written: ${(error as Error).message}`,
          )
        },
      )
  }
}

/** Not refused: the network protects itself, and without its clock it has no timestamps but those of one machine. */
const lossWords = (path: string): string =>
  `${path} is missing, though a clock was started on it before: this one begins anew at this machine's time. Servers ask for timestamps above their last one, so none repeats in their log. Other programs that asked for the time may get one again. If there is a copy of the file, stop the clock and restore it`
