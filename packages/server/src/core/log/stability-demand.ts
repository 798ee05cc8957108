/**
 * Does a client wait until every server has what it published? Then all servers report soon how far they have come. Else these reports
 * ride on heartbeats and on what goes that way anyway: a message alone would cost each server two messages more.
 *
 * The wish goes up with the entries, comes down with the log, and may be lost with a link: then heartbeats tell it later.
 */
import type { LogIndex } from '@jwp/protocol'
import type { LogFollower } from './log-follower.js'

export class StabilityDemand implements LogFollower {
  /** Of entries that have no place yet. */
  #isPending = false
  #upTo: LogIndex = 0

  /** Of entries up to here. */
  get upTo(): LogIndex {
    return this.#upTo
  }

  /** Entries are on their way up that a client wants to know of. */
  ask(): void {
    this.#isPending = true
  }

  /** They go up now. */
  takePending(): boolean {
    const isPending = this.#isPending
    this.#isPending = false
    return isPending
  }

  /** They may be among the entries up to here, which have got their places. */
  placed(last: LogIndex, isAll: boolean): void {
    if (!this.#isPending) return
    this.#upTo = last
    this.#isPending = !isAll
  }

  /** The parent asks for it. */
  learned(index: LogIndex): void {
    this.#upTo = Math.max(this.#upTo, index)
  }

  cutTo(end: LogIndex): void {
    this.#upTo = Math.min(this.#upTo, end)
  }

  restartAt(): void {
    this.#upTo = 0
  }
}
