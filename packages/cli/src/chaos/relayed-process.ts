/** One server, or the clock: a process that comes and goes, behind a relay that stays. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Relay } from '@jwp/transport'
import { JwpProcess, type JwpProcessOptions } from '../network/jwp-process.js'

/** More than a server allows itself for leaving. */
const leaveLimitMs = 6_000
/** A port that was just left may be taken for a moment by another connection. */
const portTries = 100

export class RelayedProcess {
  readonly name: string
  readonly #relay: Relay
  #process: JwpProcess | undefined
  #isMeantToRun = false
  readonly #onUnexpectedEnd: (name: string) => void

  constructor(name: string, relay: Relay, onUnexpectedEnd: (name: string) => void) {
    this.name = name
    this.#relay = relay
    this.#onUnexpectedEnd = onUnexpectedEnd
  }

  get isRunning(): boolean {
    return this.#isMeantToRun
  }

  /** Resolves when it listens. */
  async start(options: JwpProcessOptions): Promise<void> {
    const child = new JwpProcess(options)
    this.#process = child
    this.#isMeantToRun = true
    void child.ended.then(() => {
      if (this.#process !== child || !this.#isMeantToRun) return
      this.#isMeantToRun = false
      this.#relay.refuse()
      this.#onUnexpectedEnd(this.name)
    })
    await child.listening
    // Killed while it started: nothing listens.
    if (this.#process === child && this.#isMeantToRun) await this.#acceptAgain()
  }

  /** SIGKILL. From this moment on a dial is refused, as the system does for a dead process's port. */
  async kill(): Promise<void> {
    this.#isMeantToRun = false
    this.#relay.refuse()
    this.#process?.kill()
    await this.#process?.ended
  }

  /** SIGTERM, and wait until it is gone. */
  async leave(): Promise<void> {
    this.#isMeantToRun = false
    await this.#process?.leave(leaveLimitMs)
    this.#relay.refuse()
  }

  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  dropConnections(isChosen?: (from: string) => boolean): void {
    this.#relay.dropConnections(isChosen)
  }

  /** Ends it without waiting. */
  endAtOnce(): void {
    this.#isMeantToRun = false
    this.#process?.kill()
    this.#relay.close()
  }

  async #acceptAgain(): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#relay.accept()
      } catch (error) {
        if (tried === portTries) throw error
        await sleep(20)
      }
    }
  }
}
