/** Invented time: what is to happen, in the order in which it happens. A binary heap over (time, arrival). */

interface ScheduledEvent {
  readonly atMs: number
  /** Events of the same moment happen in the order in which they were scheduled, so that a seed replays exactly. */
  readonly order: number
  readonly run: () => void
}

export class EventQueue {
  readonly #heap: ScheduledEvent[] = []
  #nextOrder = 0
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  /** Unix milliseconds of the invented world, with fractions. */
  get nowMs(): number {
    return this.#nowMs
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#nextOrder++, run }
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const above = (i - 1) >> 1
      if (isBefore(heap[above]!, event)) break
      heap[i] = heap[above]!
      i = above
    }
    heap[i] = event
  }

  /** @returns what takes it back */
  cancellableAt(atMs: number, run: () => void): () => void {
    let isWanted = true
    this.at(atMs, () => {
      if (isWanted) run()
    })
    return () => {
      isWanted = false
    }
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run)
  }

  /** Runs the next event if it happens no later than `untilMs`; else time stands at `untilMs`. */
  step(untilMs: number): boolean {
    const next = this.#heap[0]
    if (next === undefined || next.atMs > untilMs) {
      this.#nowMs = Math.max(this.#nowMs, untilMs)
      return false
    }
    this.#removeFirst()
    this.#nowMs = next.atMs
    next.run()
    return true
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let below = 2 * i + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (isBefore(last, heap[below]!)) break
      heap[i] = heap[below]!
      i = below
    }
    heap[i] = last
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
