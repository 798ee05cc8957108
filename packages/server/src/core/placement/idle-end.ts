/**
 * A server that was started because all others were full leaves in order when it is not needed any more: when it has no
 * clients, or when the others have room for them and would still have a place each. That place in hand, and the time that
 * all this must last, keep servers from coming and going all the time.
 */
import { earliest, type Parts } from '../parts.js'

export class IdleEnd {
  readonly #parts: Parts
  /** Times 1 to 1.5: several that were started do not leave in the same moment, each since there are the others. */
  readonly #patienceMs: number
  #sinceMs: number | undefined
  /** Without clients, children and parent since then: only for being the last it stays. Infinity: that was said. */
  #lastSinceMs: number | undefined
  /** As we saw it last. */
  #servers = 0
  /** We began with nothing, and nobody has ever been with us: undefined before the first turn. */
  #hasNothing: boolean | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    const { endWhenIdleMs = Infinity } = parts.options.growth ?? {}
    this.#patienceMs = Math.ceil(endWhenIdleMs * parts.random.between(1, 1.5))
  }

  /** End of a turn. */
  advance(): void {
    if (this.#patienceMs === Infinity) return
    const { time, leaving, outbox, capacity, loads } = this.#parts
    this.#hasNothing = this.#hasNothing !== false && this.#isAloneWithNothing()
    this.#sayThatWeStay()
    if (leaving.isLeaving || this.#isNeeded()) {
      this.#sinceMs = undefined
      return
    }
    this.#sinceMs ??= time.nowMs
    const { servers } = loads.totals
    // Somebody has left, perhaps for the same reason: its clients have to find places first.
    if (servers < this.#servers) this.#sinceMs = Math.max(this.#sinceMs, time.nowMs - this.#patienceMs / 2)
    this.#servers = servers
    const forMs = time.nowMs - this.#sinceMs
    if (forMs < this.#patienceMs) return
    outbox.report({ event: 'idle', forMs, clients: capacity.count })
    leaving.begin({ exitCode: 0, info: 'left the network in order: it was not needed any more' })
  }

  nextDeadlineMs(): number | undefined {
    return earliest(
      this.#sinceMs === undefined ? undefined : this.#sinceMs + this.#patienceMs,
      this.#lastSinceMs === undefined || this.#lastSinceMs === Infinity
        ? undefined
        : this.#lastSinceMs + this.#patienceMs,
    )
  }

  /** Whoever looks for the reason why this process does not end finds it in the log, once each time. */
  #sayThatWeStay(): void {
    const { time, outbox, leaving } = this.#parts
    if (leaving.isLeaving || !this.#isKeptAsLast() || this.#parts.capacity.count > 0) {
      this.#lastSinceMs = undefined
      return
    }
    this.#lastSinceMs ??= time.nowMs
    const forMs = time.nowMs - this.#lastSinceMs
    if (forMs < this.#patienceMs) return
    this.#lastSinceMs = Infinity
    outbox.report({ event: 'kept-as-last', forMs })
  }

  #isKeptAsLast(): boolean {
    const { place, children } = this.#parts
    return place.isRoot && children.count === 0 && this.#hasNothing !== true
  }

  /** Whoever has started us may have died before we could join it. */
  #isAloneWithNothing(): boolean {
    const { place, children, capacity, log } = this.#parts
    if (this.#hasNothing === undefined) return log.last === 0
    return children.count === 0 && capacity.count === 0 && (place.isOrphan || place.isRoot)
  }

  #isNeeded(): boolean {
    const { place, children, capacity, provisioning } = this.#parts
    if (place.isOrphan) return true
    // The last one has what nobody else has: it stays until somebody ends it who knows that.
    if (place.isRoot && children.count === 0) return this.#isKeptAsLast()
    return provisioning.isStarting || capacity.waitingCount > 0 || capacity.count > this.#roomElsewhere()
  }

  #roomElsewhere(): number {
    let room = 0
    for (const { limit, clients } of this.#parts.loads.known())
      room += Math.max(0, (limit ?? Infinity) - clients - 1)
    return room
  }
}
