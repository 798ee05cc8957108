/**
 * Clients that know more of the log than we do. Served at once, from the end of what we have, they would be handed what
 * lies between as if it were new: perhaps messages from before their time, late and out of order. So they wait until we
 * have caught up with them, or know that their history parts from ours.
 */
import { commonPrefix, lineageEnd, type Lineage } from '@jwp/protocol'
import type { ClientState } from './client-state.js'
import type { Decision, Decisions } from './decisions.js'
import type { TurnTime } from '../turn-time.js'
import type { Timers } from '../tree/timers.js'
import type { Log } from '../log/log.js'
import type { Commit } from '../log/commit.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Loads } from '../placement/loads.js'
import { earliest } from '../earliest.js'

export interface CatchingUpNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'graceMs'>
  readonly decisions: Pick<Decisions, 'of'>
  readonly log: Pick<Log, 'last' | 'lineageUpTo'>
  readonly commit: Pick<Commit, 'applied'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly loads: Pick<Loads, 'hasCaughtUp'>
}

interface Waiting {
  readonly decision: Decision
  /** What the client has seen; undefined: it begins here. */
  readonly lineage: Lineage | undefined
  /** The longest wait for a history: it may be one that no server has any more. */
  readonly untilMs: number
  readonly go: () => void
}

export class CatchingUp {
  readonly #needs: CatchingUpNeeds
  readonly #waiting = new Map<ClientState, Waiting>()

  constructor(needs: CatchingUpNeeds) {
    this.#needs = needs
  }

  /**
   * Continues at once, or when this server knows as much.
   * @param decide begins the decision that the client then waits for
   */
  wait(client: ClientState, lineage: Lineage | undefined, decide: () => Decision, go: () => void): void {
    if (this.#knowsAsMuch(lineage)) return go()
    const { time, timers } = this.#needs
    const untilMs = lineage === undefined ? Infinity : time.nowMs + timers.graceMs()
    this.#waiting.set(client, {
      decision: this.#needs.decisions.of(client) ?? decide(),
      lineage,
      untilMs,
      go,
    })
  }

  /** Once per turn. */
  advance(): void {
    for (const [client, { decision, lineage, untilMs, go }] of [...this.#waiting]) {
      const isOver = this.#needs.decisions.of(client) !== decision
      if (!isOver && this.#needs.time.nowMs < untilMs && !this.#knowsAsMuch(lineage)) continue
      this.#waiting.delete(client)
      if (!isOver) go()
    }
  }

  nextDeadlineMs(): number | undefined {
    return earliest(...[...this.#waiting.values()].map(({ untilMs }) => untilMs))
  }

  #knowsAsMuch(lineage: Lineage | undefined): boolean {
    const { log, commit, role, loads } = this.#needs
    const { applied } = commit
    // A client that has just begun has received nothing of the log yet, and would call all of it new.
    if (lineage === undefined) return loads.hasCaughtUp()
    if (lineageEnd(lineage) <= applied || commonPrefix(lineage, log.lineageUpTo(applied)) < applied)
      return true
    // What a root does not have, no server will send to it.
    return role.isRoot && applied === log.last
  }
}
