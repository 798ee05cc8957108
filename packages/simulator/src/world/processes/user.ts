/**
 * A named user: registers at the first visit, and comes and goes by plan, each time as a new process and at another
 * server.
 */
import type { UserPlan, VisitPlan } from '../plan/world-plan.js'
import type { WorldParts } from '../world-parts.js'
import { Account } from './account.js'
import type { LibraryClient } from './library-client.js'
import type { VisitClient } from './visit-client.js'

/** A user who cannot come or go yet tries again after this time. */
const lookAgainMs = 200

export type UserVisit = VisitClient | LibraryClient

export type StartVisit = (account: Account, plan: VisitPlan, name: string) => UserVisit

export class User {
  readonly account: Account
  readonly plan: UserPlan
  readonly visits: UserVisit[] = []
  readonly #parts: WorldParts
  readonly #start: StartVisit
  #isHarmOver = false

  constructor(parts: WorldParts, plan: UserPlan, start: StartVisit) {
    this.account = new Account(plan.name)
    this.plan = plan
    this.#parts = parts
    this.#start = start
    for (const [k, visit] of plan.visits.entries())
      parts.queue.after(visit.startAtMs, () => this.#comeWhenRegistered(visit, k))
  }

  /** A user who has not come by then stays away, and one who is there stays. */
  settle(): void {
    this.#isHarmOver = true
  }

  #comeWhenRegistered(visit: VisitPlan, k: number): void {
    if (this.#isHarmOver) return
    // One process at a time registers the user.
    if (k > 0 && this.account.state !== 'owned' && this.visits.some((other) => other.isAlive)) {
      this.#parts.queue.after(lookAgainMs, () => this.#comeWhenRegistered(visit, k))
      return
    }
    const client = this.#start(this.account, visit, `${this.plan.name}.${k}`)
    this.visits.push(client)
    if (visit.staysMs !== undefined) this.#parts.queue.after(visit.staysMs, () => this.#go(client, visit))
  }

  #go(client: UserVisit, visit: VisitPlan): void {
    if (this.#isHarmOver || !client.isAlive) return
    if (this.account.state !== 'owned') {
      this.#parts.queue.after(lookAgainMs, () => this.#go(client, visit))
      return
    }
    if (visit.ends === 'logout') client.logOut()
    else client.crash()
  }
}
