/** How long activities are under way, from the publisher's client to every other client. */
import type { EventQueue } from '../event-queue.js'
import type { Observer } from '../observers.js'
import type { ClientProcess } from '../processes/client-process.js'

export class DeliveryTimes implements Observer {
  readonly #queue: () => EventQueue
  readonly #sentMs = new Map<string, number>()
  timesMs: number[] = []
  published = 0

  constructor(queue: () => EventQueue) {
    this.#queue = queue
  }

  reset(): void {
    this.#sentMs.clear()
    this.timesMs = []
    this.published = 0
  }

  clientPublished(client: ClientProcess, n: number): void {
    this.published++
    // As plain clients say it; each of them connects once in these worlds.
    this.#sentMs.set(`${client.options.name}/1 says ${n}`, this.#queue().nowMs)
  }

  plainDelivered(_client: ClientProcess, text: string): void {
    const sentMs = this.#sentMs.get(text)
    if (sentMs !== undefined) this.timesMs.push(this.#queue().nowMs - sentMs)
  }
}

/** @param share 0.5: the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
