/**
 * Publishes numbered activities at a steady rate through one client, and keeps its own notes of what was
 * acknowledged. It never waits for acknowledgements: while a network heals, people go on talking.
 */
import type { PublisherNotes } from './delivery-audit.js'

/** What a demo activity carries: enough to recognise it, by the receivers' own means. */
export interface DemoActivity {
  readonly from: string
  readonly number: number
  readonly [key: string]: unknown
}

/** Resolves when the message is safe. */
export type Send = (activity: DemoActivity) => Promise<unknown>

/** Fine enough that messages flow evenly, rare enough that the demo's own work does not disturb what it measures. */
const wakeEveryMs = 4

export class SteadyPublisher {
  readonly name: string
  #send: Send
  readonly perSecond: number
  #sent = 0
  #acknowledged: number[] = []
  #failures: unknown[] = []
  #timer: NodeJS.Timeout | undefined
  #startedMs = 0
  #sentBefore = 0
  #phase = 0

  constructor(name: string, perSecond: number, send: Send) {
    this.name = name
    this.perSecond = perSecond
    this.#send = send
  }

  /** `phase`, 0 to 1: part of the first interval that is over already. Spreads publishers that start together. */
  start(phase: number): void {
    this.#phase = phase
    this.#startedMs = performance.now()
    this.#sentBefore = this.#sent
    this.#timer = setInterval(() => this.#catchUp(), wakeEveryMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  notes(): PublisherNotes {
    return { name: this.name, sent: this.#sent, acknowledged: this.#acknowledged }
  }

  get unacknowledged(): number {
    return this.#sent - this.#acknowledged.length
  }

  /** What `send()` said of messages that it gave up. */
  get failures(): readonly unknown[] {
    return this.#failures
  }

  #catchUp(): void {
    const elapsedMs = performance.now() - this.#startedMs
    const due = this.#sentBefore + Math.floor(this.#phase + (elapsedMs * this.perSecond) / 1_000)
    while (this.#sent < due) {
      const number = ++this.#sent
      this.#send({ from: this.name, number }).then(
        () => this.#acknowledged.push(number),
        (failure: unknown) => this.#failures.push(failure),
      )
    }
  }
}
