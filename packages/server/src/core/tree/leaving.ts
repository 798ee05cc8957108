/**
 * Leaving in order (SIGTERM, Ctrl-C): clients are told where to go, what we hold is made safe elsewhere, and the
 * children are told to look for another parent before our sockets close. Polls find us gone already.
 */
import { earliest, type Parts } from '../parts.js'
import { Refuge } from '../placement/refuge.js'
import { redirect } from '../placement/redirecting.js'

export interface LeaveReason {
  readonly exitCode: number
  readonly info: string
}

export class Leaving {
  readonly #parts: Parts
  readonly refuge: Refuge
  #deadlineMs: number | undefined
  /** Clients are not told yet where to go. */
  #hasClients = false
  #because!: LeaveReason

  constructor(parts: Parts) {
    this.#parts = parts
    this.refuge = new Refuge(parts)
  }

  get isLeaving(): boolean {
    return this.#deadlineMs !== undefined
  }

  /** Asked to leave, or by a failure that we survive just long enough for this. */
  begin(because: LeaveReason = { exitCode: 0, info: 'left the network in order' }): void {
    if (this.isLeaving) return
    this.#because = because
    const { time, options, outbox } = this.#parts
    this.#deadlineMs = time.nowMs + options.timing.leaveWaitMs
    outbox.report({ event: 'leaving' })
    this.#parts.capacity.close()
    this.#hangUpStrangers()
    this.refuge.ask(this.#parts.sessions.count)
    this.#hasClients = true
  }

  /** End of a turn: gone as soon as everything is safe. */
  advance(): void {
    if (this.#deadlineMs === undefined) return
    if (this.#hasClients && this.refuge.isKnown) this.#redirectClients()
    if (this.#hasClients) return
    if (this.#isSafe() || this.#parts.time.nowMs >= this.#deadlineMs) this.#go()
  }

  nextDeadlineMs(): number | undefined {
    return this.#hasClients ? earliest(this.refuge.nextDeadlineMs(), this.#deadlineMs) : this.#deadlineMs
  }

  /** A child's is safe when the parent holds it; a root's when the core has acknowledged it. */
  #isSafe(): boolean {
    const { place, desk, log, commitment, children, up, queue } = this.#parts
    // Without a parent there is nobody to hold anything for us; with nothing to hold there is no reason to wait.
    if (place.isOrphan) return queue.size === 0
    if (!place.isRoot) return up.isAllHeld
    return (
      desk.isIdle &&
      (children.count === 0 ||
        (commitment.commit >= log.last && [...children.all()].every((child) => child.sentCommit >= log.last)))
    )
  }

  #go(): void {
    const { links, outbox, deadpool, place } = this.#parts
    const to = place.isRoot ? undefined : deadpool.path[0]?.address
    for (const { link } of [...links.all()]) {
      const { purpose } = links.get(link)!
      if (purpose === 'child' || purpose === 'parent') links.send(link, { type: 'LEAVE', to })
      links.close(link)
    }
    this.#deadlineMs = Infinity
    outbox.push({ type: 'stop', ...this.#because })
  }

  /** Whoever has not logged in asks somewhere else. */
  #hangUpStrangers(): void {
    const { sessions } = this.#parts
    for (const client of [...sessions.all()]) if (client.member === undefined) sessions.hangUp(client)
  }

  #redirectClients(): void {
    this.#hasClients = false
    const { sessions } = this.#parts
    const take = this.refuge.take()
    for (const client of [...sessions.all()]) {
      const target = client.member === undefined ? undefined : take()
      if (target !== undefined) redirect(this.#parts, client, target)
      else sessions.hangUp(client)
    }
  }
}
