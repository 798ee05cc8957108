/**
 * Leaving in order (SIGTERM, Ctrl-C): clients get a server to go to, the outbound queue is made safe elsewhere, and
 * the children are asked to look for another parent before the sockets close. Polls already get no answer.
 */
import type { Sessions } from '../clients/sessions.js'
import { earliest } from '../earliest.js'
import type { Commit } from '../log/commit.js'
import type { Downlink } from '../log/downlink.js'
import type { Log } from '../log/log.js'
import type { OutboundQueue } from '../log/outbound-queue.js'
import type { Sequencer } from '../log/sequencer.js'
import type { Uplink } from '../log/uplink.js'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Capacity } from '../placement/capacity.js'
import { redirect } from '../placement/redirecting.js'
import type { Refuge } from '../placement/refuge.js'
import type { PresenceTracker } from '../presence/presence-tracker.js'
import type { TurnTime } from '../turn-time.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkTable } from './link-table.js'
import type { RoleKeeper } from './role.js'

export interface LeaveReason {
  readonly exitCode: number
  readonly info: string
}

export interface LeavingNeeds {
  readonly time: TurnTime
  readonly options: Pick<ServerOptions, 'timing'>
  readonly role: Pick<RoleKeeper, 'isRoot' | 'isOrphan' | 'isLeaving' | 'leave'>
  readonly log: Pick<Log, 'last'>
  readonly queue: Pick<OutboundQueue, 'hasPublished' | 'size'>
  readonly sequencer: Pick<Sequencer, 'isIdle'>
  readonly commit: Pick<Commit, 'index'>
  readonly uplink: Pick<Uplink, 'isAllHeld'>
  readonly downlink: Pick<Downlink, 'committedAtAll'>
  readonly children: Pick<Children, 'count'>
  readonly deadpool: Pick<Deadpool, 'path'>
  readonly links: Pick<LinkTable, 'all' | 'get' | 'send' | 'close'>
  readonly sessions: Pick<Sessions, 'all' | 'count' | 'close'>
  readonly capacity: Pick<Capacity, 'close'>
  readonly refuge: Pick<Refuge, 'ask' | 'isKnown' | 'take' | 'nextDeadlineMs'>
  readonly tracker: Pick<PresenceTracker, 'isAnyEnding'>
  readonly outbox: Pick<Outbox, 'push' | 'report' | 'sendToClient'>
}

export class Leaving {
  readonly #needs: LeavingNeeds
  #deadlineMs: number | undefined
  /** Clients have not been sent elsewhere yet. */
  #hasClients = false
  #because!: LeaveReason

  constructor(needs: LeavingNeeds) {
    this.#needs = needs
  }

  /** Asked to leave, or by a failure that we survive just long enough for this. */
  begin(because: LeaveReason = { exitCode: 0, info: 'left the network in order' }): void {
    const { time, options, role, outbox, capacity, refuge, sessions } = this.#needs
    if (role.isLeaving) return
    role.leave()
    this.#because = because
    this.#deadlineMs = time.nowMs + options.timing.leaveWaitMs
    outbox.report({ event: 'leaving' })
    capacity.close()
    this.#closeUnknown()
    refuge.ask(sessions.count)
    this.#hasClients = true
  }

  /** End of a turn: gone as soon as everything is safe. */
  advance(): void {
    if (this.#deadlineMs === undefined) return
    if (this.#hasClients && this.#needs.refuge.isKnown) this.#redirectClients()
    if (this.#hasClients) return
    if (this.#isSafe() || this.#needs.time.nowMs >= this.#deadlineMs) this.#go()
  }

  nextDeadlineMs(): number | undefined {
    return this.#hasClients
      ? earliest(this.#needs.refuge.nextDeadlineMs(), this.#deadlineMs)
      : this.#deadlineMs
  }

  /** A child's is safe when the parent holds it; a root's when all heirs have acknowledged it. */
  #isSafe(): boolean {
    const { role, sequencer, log, commit, children, uplink, downlink, queue, tracker } = this.#needs
    // How far some clients have got the log is still to be said.
    if (tracker.isAnyEnding) return false
    // Without a parent no server can keep the queue; with an empty queue there is no reason to wait.
    if (role.isOrphan) return queue.size === 0
    if (!role.isRoot) return uplink.isAllHeld
    return (
      !queue.hasPublished &&
      sequencer.isIdle &&
      (children.count === 0 || (commit.index >= log.last && downlink.committedAtAll(log.last)))
    )
  }

  #go(): void {
    const { links, outbox, deadpool, role } = this.#needs
    const to = role.isRoot ? undefined : deadpool.path[0]?.address
    for (const { link } of [...links.all()]) {
      const { purpose } = links.get(link)!
      if (purpose === 'child' || purpose === 'parent') links.send(link, { type: 'LEAVE', to })
      links.close(link)
    }
    this.#deadlineMs = Infinity
    outbox.push({ type: 'stop', ...this.#because })
  }

  /** A client that has not logged in asks somewhere else. */
  #closeUnknown(): void {
    const { sessions } = this.#needs
    for (const client of [...sessions.all()]) if (client.member === undefined) sessions.close(client)
  }

  #redirectClients(): void {
    this.#hasClients = false
    const { sessions } = this.#needs
    const take = this.#needs.refuge.take()
    for (const client of [...sessions.all()]) {
      const target = client.member === undefined ? undefined : take()
      if (target !== undefined) redirect(this.#needs, client, target)
      else sessions.close(client)
    }
  }
}
