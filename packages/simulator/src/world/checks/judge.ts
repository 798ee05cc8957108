/** All checkers of one run together. */
import type { Fault } from '../faults/fault.js'
import type { Observer } from '../observers.js'
import { simulatedTiming } from '../simulated-timing.js'
import type { World } from '../world.js'
import { AccountsSurvive } from './accounts-survive.js'
import { Accounts } from './accounts.js'
import { AcknowledgedSurvive } from './acknowledged.js'
import { Backlog } from './backlog.js'
import { ClockHonesty } from './clock-honesty.js'
import { Completeness } from './completeness.js'
import { NoCrash } from './no-crash.js'
import { DeliveryOrder } from './delivery-order.js'
import { FairOffers } from './fair-offers.js'
import { GrowthBounds } from './growth-bounds.js'
import { ForeignVersions } from './foreign-versions.js'
import { DurabilityWitnesses } from './durability-witnesses.js'
import { HeardPeers } from './heard-peers.js'
import { Holders } from './holders.js'
import { LogShadow, positionsByKey, skippedKeys } from './log-shadow.js'
import { MemoryBounds } from './memory.js'
import { Missed } from './missed.js'
import { OrderPrecondition, type OrderPromise } from './order-precondition.js'
import { PlainDelivery } from './plain-delivery.js'
import { PresenceTables } from './presence-tables.js'
import { QuietMoves } from './quiet-moves.js'
import { Redirects } from './redirects.js'
import { Settled } from './settled.js'
import { TotalOrder } from './total-order.js'
import { TreeShape } from './tree-shape.js'
import { Untakeable } from './untakeable.js'
import { Visits } from './visits.js'
import type { Violation } from './violation.js'
import { whyNotConverged } from './convergence.js'

/** After this many there is nothing more to learn from a run. */
const maxViolations = 20

export interface Verdict {
  readonly violations: readonly Violation[]
  readonly orderPromise: OrderPromise
  /** The order was broken, in a run where it was not promised. */
  readonly orderBrokenElsewhere: boolean
  readonly deliveries: number
  readonly acknowledgedChecked: number
  readonly acknowledgedNotPromised: number
  /** Gaps that clients were told of. */
  readonly gaps: number
  /** Lines that readers could not take, and passed. */
  readonly passedOver: number
  /** Of those that speak another version: how often they were refused, and asked. */
  readonly foreign: { readonly refused: number; readonly asked: number }
  /** Entries that all servers had applied at some moment, and whose position was judged. */
  readonly settled: number
  /** Users who were sent to another server, and must not be reported as gone. */
  readonly quietMoves: number
  /** Of users who come and go: what was in their backlog, what was not, and what they must not get again. */
  readonly backlog: { readonly inBacklog: number; readonly outsideBacklog: number; readonly once: number }
}

export class Judge {
  readonly violations: Violation[] = []
  readonly observers: readonly Observer[]
  #world: World | undefined
  readonly #shadow: LogShadow
  readonly #missed: Missed
  readonly #totalOrder = new TotalOrder()
  readonly #precondition: OrderPrecondition
  readonly #completeness: Completeness
  readonly #acknowledged: AcknowledgedSurvive
  readonly #accountsSurvive: AccountsSurvive
  readonly #deliveryOrder: DeliveryOrder
  readonly #settled: Settled
  readonly #redirects: Redirects
  readonly #quietMoves: QuietMoves
  readonly #memory: MemoryBounds
  readonly #presence: PresenceTables
  readonly #backlog: Backlog
  readonly #untakeable: Untakeable
  readonly #foreign: ForeignVersions
  readonly #holders: Holders
  readonly #accounts = new Accounts((promise, what) => this.accuse(promise, what))
  #orderBrokenElsewhere = false

  constructor() {
    const accuse = (promise: string, what: string): void => this.accuse(promise, what)
    const world = (): World => this.#world!
    this.#shadow = new LogShadow(accuse)
    this.#precondition = new OrderPrecondition(world)
    this.#missed = new Missed(this.#shadow, accuse)
    this.#completeness = new Completeness(world, this.#missed, accuse)
    const witnesses = new DurabilityWitnesses(world)
    this.#acknowledged = new AcknowledgedSurvive(world, this.#shadow, witnesses, accuse)
    this.#accountsSurvive = new AccountsSurvive(world, this.#shadow, witnesses, accuse)
    this.#settled = new Settled(world, this.#shadow, () => this.#precondition.hasCoreDied, accuse)
    this.#redirects = new Redirects(world, accuse)
    this.#quietMoves = new QuietMoves(world, accuse)
    this.#presence = new PresenceTables(world, this.#shadow, accuse)
    const history = {
      isFoundedApart: () => this.#precondition.isFoundedApart,
      isOneHistory: () => this.#isOneHistory(),
    }
    this.#backlog = new Backlog(world, this.#shadow, history, accuse)
    this.#holders = new Holders(world, accuse)
    this.#memory = new MemoryBounds(world, this.#shadow, accuse)
    this.#deliveryOrder = new DeliveryOrder(this.#missed, accuse)
    this.#untakeable = new Untakeable(accuse)
    this.#foreign = new ForeignVersions(world, accuse)
    this.observers = [
      this.#shadow,
      this.#missed,
      this.#deliveryOrder,
      this.#totalOrder,
      this.#precondition,
      this.#settled,
      this.#completeness,
      witnesses,
      this.#acknowledged,
      this.#accountsSurvive,
      this.#redirects,
      this.#quietMoves,
      this.#backlog,
      this.#holders,
      this.#memory,
      this.#untakeable,
      this.#foreign,
      new FairOffers(accuse),
      new GrowthBounds(world, accuse),
      new HeardPeers(world, accuse),
      new TreeShape(world, accuse),
      this.#accounts,
      new PlainDelivery(
        () => world().plan.limits?.sessionLifetimeMs !== undefined && this.#precondition.isFoundedApart,
        accuse,
      ),
      new ClockHonesty(accuse),
      new Visits(world, accuse),
      new NoCrash(accuse),
    ]
  }

  watch(world: World): void {
    this.#world = world
    this.#settled.watch()
    this.#memory.watch()
    this.#presence.watch()
  }

  accuse(promise: string, what: string): void {
    if (this.violations.length < maxViolations) {
      this.violations.push({ promise, atMs: this.#world?.elapsedMs ?? 0, what })
    }
  }

  /** To be called when all is even, and before a while in which nothing happens. */
  expectCalm(): void {
    this.#redirects.expectCalm()
  }

  /** To be called when the world should be whole. */
  judgeEnd(): void {
    const world = this.#world!
    const why = whyNotConverged(world)
    if (why !== undefined) {
      this.accuse('I4/I5 whole in time', why)
      return
    }
    const root = world.alive().find((server) => server.core.inspect().role === 'root')!
    const log = this.#shadow.of(root)
    const finalIndex = log.indexByKey
    // What a partition longer than the retention has left only one side with is accounted for, and kept no more.
    const accounted = new Map(finalIndex)
    for (let index = 1; index <= log.entries.length; index++)
      for (const key of skippedKeys(log, index)) accounted.set(key, index)
    this.#completeness.judge(finalIndex, accounted)
    this.#acknowledged.judge(accounted)
    this.#accountsSurvive.judge(log)
    this.#memory.judge()
    this.#presence.judge()
    this.#backlog.judge(log)
    this.#untakeable.judge()
    this.#holders.judge(log)
    if (this.#isOneHistory()) this.#quietMoves.judge(log)
    // Trees that were founded apart have nothing in common, and the longer log wins.
    if (!this.#precondition.isFoundedApart && !cameBackApart(world.plan.faults)) this.#settled.judge(log)
    this.#accounts.judge(log.entries, (text) => world.platform.sha256Hex(text))
    for (const what of this.#accounts.claimedTwice()) this.accuse('F3 a name has one owner', what)
    const disagreements = [...this.#totalOrder.disagreements(positionsByKey(log)), ...this.#accounts.lost]
    if (disagreements.length === 0) return
    if (this.#precondition.promise() === 'holds')
      for (const what of disagreements) this.accuse('I3 one order', what)
    else this.#orderBrokenElsewhere = true
  }

  /** Nothing that was applied anywhere was cut, or lost with a server. */
  #isOneHistory(): boolean {
    return this.#shadow.cutApplied === 0 && this.#precondition.promise() === 'holds'
  }

  verdict(): Verdict {
    return {
      violations: this.violations,
      orderPromise: this.#precondition.promise(),
      orderBrokenElsewhere: this.#orderBrokenElsewhere,
      deliveries: this.#deliveryOrder.deliveries,
      acknowledgedChecked: this.#acknowledged.checked,
      acknowledgedNotPromised: this.#acknowledged.notPromised,
      gaps: this.#missed.count,
      passedOver: this.#untakeable.count,
      foreign: { refused: this.#foreign.refused, asked: this.#foreign.asked },
      settled: this.#settled.count,
      quietMoves: this.#quietMoves.judged,
      backlog: {
        inBacklog: this.#backlog.judged,
        outsideBacklog: this.#backlog.outsideBacklog,
        once: this.#backlog.once,
      },
    }
  }
}

/**
 * After a blackout servers that are back sooner than the others, by more than the grace, may found a tree with what
 * they have: docs/failure-model.md promises no order then, and the others attach to them.
 */
function cameBackApart(faults: readonly Fault[]): boolean {
  return faults.some(
    (fault) =>
      fault.kind === 'blackout' &&
      Math.max(...fault.backAfterMs) - Math.min(...fault.backAfterMs) > simulatedTiming.graceMs,
  )
}
