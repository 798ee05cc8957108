/**
 * A server that was started because all others were full leaves in order when it is not needed any more: when it has no
 * clients, or when the others have room for them and would still have a place each. That place in hand, and the time that
 * all this must last, keep servers from coming and going all the time.
 */
import type { ServerOptions } from '../options.js'
import type { Random } from '@jwp/protocol'
import type { TurnTime } from '../turn-time.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Leaving } from '../tree/leaving.js'
import type { Outbox } from '../outbox.js'
import type { Capacity } from './capacity.js'
import type { Loads } from './loads.js'
import type { Children } from '../tree/children.js'
import type { Log } from '../log/log.js'
import type { Provisioning } from './provisioning.js'
import { earliest } from '../earliest.js'

export interface IdleEndNeeds {
  readonly options: Pick<ServerOptions, 'growth'>
  readonly random: Pick<Random, 'between'>
  readonly time: TurnTime
  readonly role: Pick<RoleKeeper, 'isLeaving' | 'isOrphan' | 'isRoot'>
  readonly leaving: Pick<Leaving, 'begin'>
  readonly outbox: Pick<Outbox, 'report'>
  readonly capacity: Pick<Capacity, 'count' | 'waitingCount'>
  readonly loads: Pick<Loads, 'known' | 'totals'>
  readonly children: Pick<Children, 'count'>
  readonly log: Pick<Log, 'last'>
  readonly provisioning: Pick<Provisioning, 'isStarting'>
}
export class IdleEnd {
  readonly #needs: IdleEndNeeds
  /** Times 1 to 1.5: several that were started do not leave in the same moment, each since there are the others. */
  readonly #limitMs: number
  #sinceMs: number | undefined
  /** Without clients, children and parent since then: only for being the last it stays. Infinity: that was said. */
  #lastSinceMs: number | undefined
  /** As we saw it last. */
  #servers = 0
  /** This server began with nothing, and has never had a client or a neighbour: undefined before the first turn. */
  #hasNothing: boolean | undefined

  constructor(needs: IdleEndNeeds) {
    this.#needs = needs
    const { endWhenIdleMs = Infinity } = needs.options.growth ?? {}
    this.#limitMs = Math.ceil(endWhenIdleMs * needs.random.between(1, 1.5))
  }

  /** End of a turn. */
  advance(): void {
    if (this.#limitMs === Infinity) return
    const { time, role, leaving, outbox, capacity, loads } = this.#needs
    this.#hasNothing = this.#hasNothing !== false && this.#isAloneWithNothing()
    this.#sayThatWeStay()
    if (role.isLeaving || this.#isNeeded()) {
      this.#sinceMs = undefined
      return
    }
    this.#sinceMs ??= time.nowMs
    const { servers } = loads.totals
    // A server has left, perhaps for the same reason: its clients have to find room first.
    if (servers < this.#servers) this.#sinceMs = Math.max(this.#sinceMs, time.nowMs - this.#limitMs / 2)
    this.#servers = servers
    const forMs = time.nowMs - this.#sinceMs
    if (forMs < this.#limitMs) return
    outbox.report({ event: 'idle', forMs, clients: capacity.count })
    leaving.begin({ exitCode: 0, info: 'left the network in order: it was not needed any more' })
  }

  nextDeadlineMs(): number | undefined {
    return earliest(
      this.#sinceMs === undefined ? undefined : this.#sinceMs + this.#limitMs,
      this.#lastSinceMs === undefined || this.#lastSinceMs === Infinity
        ? undefined
        : this.#lastSinceMs + this.#limitMs,
    )
  }

  /** An operator who wonders why this process does not end finds the reason in the log, once each time. */
  #sayThatWeStay(): void {
    const { time, outbox, role } = this.#needs
    if (role.isLeaving || !this.#isKeptAsLast() || this.#needs.capacity.count > 0) {
      this.#lastSinceMs = undefined
      return
    }
    this.#lastSinceMs ??= time.nowMs
    const forMs = time.nowMs - this.#lastSinceMs
    if (forMs < this.#limitMs) return
    this.#lastSinceMs = Infinity
    outbox.report({ event: 'kept-as-last', forMs })
  }

  #isKeptAsLast(): boolean {
    const { role, children } = this.#needs
    return role.isRoot && children.count === 0 && this.#hasNothing !== true
  }

  /** The server that started this one may have died before this one could join it. */
  #isAloneWithNothing(): boolean {
    const { role, children, capacity, log } = this.#needs
    if (this.#hasNothing === undefined) return log.last === 0
    return children.count === 0 && capacity.count === 0 && (role.isOrphan || role.isRoot)
  }

  #isNeeded(): boolean {
    const { role, children, capacity, provisioning } = this.#needs
    if (role.isOrphan) return true
    // The last server has what no other server has: it stays until an operator ends it.
    if (role.isRoot && children.count === 0) return this.#isKeptAsLast()
    return provisioning.isStarting || capacity.waitingCount > 0 || capacity.count > this.#roomElsewhere()
  }

  #roomElsewhere(): number {
    let room = 0
    for (const { limit, clients } of this.#needs.loads.known())
      room += Math.max(0, (limit ?? Infinity) - clients - 1)
    return room
  }
}
