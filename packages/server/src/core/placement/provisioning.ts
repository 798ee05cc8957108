/**
 * Starts further servers when all are full. The root allows one start at a time in the whole tree. All clients that
 * find no room meanwhile, here or elsewhere, wait for the same server. It has come when there is one more than there
 * was.
 */
import type { ServerInputOf } from '../inputs.js'
import { isFull, type Loads } from './loads.js'
import type { Permission, StartPermits } from './start-permits.js'
import type { ServerOptions } from '../options.js'
import type { TurnTime } from '../turn-time.js'
import type { RoleKeeper } from '../tree/role.js'
import type { Outbox } from '../outbox.js'
import type { Capacity } from './capacity.js'

export interface ProvisioningNeeds {
  readonly options: Pick<ServerOptions, 'growth' | 'timing'>
  readonly time: TurnTime
  readonly role: Pick<RoleKeeper, 'isLeaving'>
  readonly outbox: Pick<Outbox, 'push' | 'report'>
  readonly startPermits: Pick<StartPermits, 'ask' | 'over'>
  readonly capacity: Pick<Capacity, 'waitingCount'>
  readonly loads: Pick<Loads, 'known' | 'totals'>
}

/** How often the root is asked again while another server's start is under way, and how long its refusals count. */
const askEveryMs = 500

type Stage =
  | { readonly is: 'idle' }
  /** The root is being asked, or another server's start is under way: ask again then. */
  | { readonly is: 'waiting'; readonly untilMs: number }
  | {
      readonly is: 'starting'
      readonly sinceMs: number
      /** Servers that there were, and the names of those of them that we knew. */
      readonly servers: number
      readonly known: ReadonlySet<string>
    }
  /** No other one will be started before that, for this reason. */
  | { readonly is: 'refusing'; readonly why: string; readonly untilMs: number }

export class Provisioning {
  readonly #needs: ProvisioningNeeds
  #stage: Stage = { is: 'idle' }
  #attempts = 0
  /** Reported once for each time that the network is at its limit. */
  #hasToldMost = false

  constructor(needs: ProvisioningNeeds) {
    this.#needs = needs
  }

  get isStarting(): boolean {
    return this.#stage.is === 'starting'
  }

  /** A client finds no room. Returns why no server will be started for it, in words; undefined: one may come. */
  ask(): string | undefined {
    const { options, time, role } = this.#needs
    const most = options.growth?.maxServers
    if (most === undefined || role.isLeaving) return 'all servers are full, try again later'
    const stage = this.#stage
    const isOver = 'untilMs' in stage && time.nowMs >= stage.untilMs
    if (stage.is === 'refusing' && !isOver) return stage.why
    if (stage.is === 'idle' || isOver) this.#askRoot(most)
    return this.#stage.is === 'refusing' ? this.#stage.why : undefined
  }

  /** This server leaves: a server that it has started would have no server to join. */
  close(): void {
    if (this.#stage.is !== 'starting') return
    this.#needs.outbox.push({ type: 'abandon-start', attempt: this.#attempts })
    this.#needs.startPermits.over()
    this.#stage = { is: 'idle' }
  }

  failed({ attempt, info }: ServerInputOf<'start-failed'>): void {
    if (this.#stage.is === 'starting' && attempt === this.#attempts) this.#fail(info)
  }

  /** End of a turn. */
  advance(): void {
    const { time, options, outbox, startPermits } = this.#needs
    const stage = this.#stage
    // Clients that still find no room ask again.
    if (stage.is === 'waiting' && time.nowMs >= stage.untilMs) this.#stage = { is: 'idle' }
    if (stage.is !== 'starting') return
    const { startWithinMs } = options.timing
    const afterMs = time.nowMs - stage.sinceMs
    const newcomer = this.#newcomer(stage)
    if (newcomer !== undefined) {
      this.#stage = { is: 'idle' }
      startPermits.over()
      outbox.report({ event: 'server-came', newcomer, afterMs })
    } else if (afterMs >= startWithinMs) {
      outbox.push({ type: 'abandon-start', attempt: this.#attempts })
      this.#fail(`it did not come within ${startWithinMs} ms`)
    }
  }

  nextDeadlineMs(): number | undefined {
    const stage = this.#stage
    if (stage.is === 'starting') return stage.sinceMs + this.#needs.options.timing.startWithinMs
    // No deadline is needed to refuse; clients that wait want to be asked for again.
    return stage.is === 'waiting' && this.#needs.capacity.waitingCount > 0 ? stage.untilMs : undefined
  }

  #askRoot(most: number): void {
    const { time, startPermits } = this.#needs
    const asked: Stage = { is: 'waiting', untilMs: time.nowMs + askEveryMs }
    this.#stage = asked
    startPermits.ask(most, (permission) => {
      if (this.#stage === asked) this.#permitted(permission, most)
      else if (permission.ok) startPermits.over()
    })
  }

  #permitted({ ok, servers }: Permission, most: number): void {
    const { time, outbox, loads } = this.#needs
    if (ok) {
      const known = new Set(loads.known().map(({ address }) => address.name))
      this.#stage = { is: 'starting', sinceMs: time.nowMs, servers, known }
      this.#hasToldMost = false
      outbox.report({ event: 'starting-server', servers })
      outbox.push({ type: 'start-server', attempt: ++this.#attempts })
      return
    }
    if (servers < most) return
    const all = servers === 1 ? 'the only server is full' : `all ${servers} servers are full`
    const why = `${all}, and there may be no more, try again later`
    this.#stage = { is: 'refusing', why, untilMs: time.nowMs + askEveryMs }
    if (!this.#hasToldMost) outbox.report({ event: 'at-most-servers', servers })
    this.#hasToldMost = true
  }

  /** An unknown server that has room, or one that made the network larger. */
  #newcomer({ servers, known }: Stage & { is: 'starting' }): string | undefined {
    const { loads } = this.#needs
    const unknown = loads.known().find((load) => !known.has(load.address.name) && !isFull(load))
    return unknown?.address.name ?? (loads.totals.servers > servers ? 'another server' : undefined)
  }

  #fail(info: string): void {
    const { outbox, time, options, startPermits } = this.#needs
    const why = `all servers are full, and starting another failed (${info}), try again later`
    this.#stage = { is: 'refusing', why, untilMs: time.nowMs + options.timing.startPauseMs }
    startPermits.over()
    outbox.report({ event: 'start-failed', info })
  }
}
