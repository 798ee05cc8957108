/**
 * Clients that know more of the log than we do. Served at once, from the end of what we have, they would be handed what
 * lies between as if it were new: perhaps messages from before their time, late and out of order. So they wait until we
 * have caught up with them, or know that their history parts from ours.
 */
import { commonPrefix, lineageEnd, type Lineage } from '@jwp/protocol'
import { earliest, type Parts } from '../parts.js'
import type { ClientState, Decision } from './client-state.js'

interface Waiting {
  readonly decision: Decision
  /** What the client has seen; undefined: it begins here. */
  readonly lineage: Lineage | undefined
  /** No history is waited for longer: it may be one that nobody has any more. */
  readonly untilMs: number
  readonly go: () => void
}

export class CatchingUp {
  readonly #parts: Parts
  readonly #waiting = new Map<ClientState, Waiting>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Goes on at once, or when we know as much. @param decide begins the decision that the client then waits for */
  wait(client: ClientState, lineage: Lineage | undefined, decide: () => Decision, go: () => void): void {
    if (this.#knowsAsMuch(lineage)) return go()
    const { time, timers } = this.#parts
    const untilMs = lineage === undefined ? Infinity : time.nowMs + timers.graceMs()
    this.#waiting.set(client, { decision: client.deciding ?? decide(), lineage, untilMs, go })
  }

  /** Once per turn. */
  advance(): void {
    for (const [client, { decision, lineage, untilMs, go }] of [...this.#waiting]) {
      const isOver = client.deciding !== decision
      if (!isOver && this.#parts.time.nowMs < untilMs && !this.#knowsAsMuch(lineage)) continue
      this.#waiting.delete(client)
      if (!isOver) go()
    }
  }

  nextDeadlineMs(): number | undefined {
    return earliest(...[...this.#waiting.values()].map(({ untilMs }) => untilMs))
  }

  #knowsAsMuch(lineage: Lineage | undefined): boolean {
    const { log, commitment, place, loads } = this.#parts
    const { applied } = commitment
    // Who has just begun has had nothing of the log yet, and would call all of it new.
    if (lineage === undefined) return loads.hasCaughtUp()
    if (lineageEnd(lineage) <= applied || commonPrefix(lineage, log.lineageUpTo(applied)) < applied)
      return true
    // What a root does not have, nobody will send it.
    return place.isRoot && applied === log.last
  }
}
