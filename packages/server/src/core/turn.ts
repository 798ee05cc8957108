/**
 * One turn: inputs are handled one by one, and then the turn ends. What came in during the turn leaves in one piece per
 * receiver, in the order of the steps below.
 */
import type { Acknowledgements } from './clients/acknowledgements.js'
import type { CatchingUp } from './clients/catching-up.js'
import type { FanOut } from './clients/fan-out.js'
import type { Publishing } from './clients/publishing.js'
import type { ServerList } from './clients/server-list.js'
import type { Takeovers } from './clients/takeovers.js'
import { earliest } from './earliest.js'
import type { Commit } from './log/commit.js'
import type { Downlink } from './log/downlink.js'
import type { LogIntake } from './log/log-intake.js'
import type { Log } from './log/log.js'
import type { OutboundQueue } from './log/outbound-queue.js'
import type { Retention } from './log/retention.js'
import type { Sequencer } from './log/sequencer.js'
import type { Uplink } from './log/uplink.js'
import type { Balance } from './placement/balance.js'
import type { Capacity } from './placement/capacity.js'
import type { IdleEnd } from './placement/idle-end.js'
import type { Loads } from './placement/loads.js'
import type { Provisioning } from './placement/provisioning.js'
import type { LogProjections } from './projections/log-projection.js'
import type { Persistence } from './storage/persistence.js'
import type { Leaving } from './tree/leaving.js'
import type { MembershipSweep } from './tree/membership-sweep.js'
import type { Membership } from './tree/membership.js'
import type { TurnTime } from './turn-time.js'

/** A turn must stay short, or heartbeats wait behind it and neighbours take a busy server for a dead one. */
const maxAppliedPerTurn = 8_192

/** A piece that does something by itself when a time has come. */
export interface Timed {
  tick?(): void
  /** When it wants to be called next; undefined: only when something comes in. */
  nextDeadlineMs?(): number | undefined
}

export interface TurnNeeds {
  readonly time: TurnTime
  /** In the order in which they are called. */
  readonly timed: readonly Timed[]
  readonly log: Pick<Log, 'runsBetween'>
  readonly queue: Pick<OutboundQueue, 'size'>
  readonly sequencer: Pick<Sequencer, 'order' | 'hasMore'>
  readonly commit: Pick<Commit, 'index' | 'applied' | 'advance' | 'advanceApplied'>
  readonly uplink: Pick<Uplink, 'flush' | 'takePublished'>
  readonly intake: Pick<LogIntake, 'acknowledge'>
  readonly downlink: Pick<Downlink, 'flush' | 'hasMore'>
  readonly retention: Pick<Retention, 'tick'>
  readonly projections: Pick<LogProjections, 'applyRun' | 'endApply'>
  readonly persistence: Pick<Persistence, 'collect'>
  readonly membership: Pick<Membership, 'applied' | 'tick'>
  readonly sweep: Pick<MembershipSweep, 'flush'>
  readonly leaving: Pick<Leaving, 'advance'>
  readonly fanOut: Pick<FanOut, 'flush' | 'hasMore'>
  readonly acknowledgements: Pick<Acknowledgements, 'flush'>
  readonly publishing: Pick<Publishing, 'flush'>
  readonly catchingUp: Pick<CatchingUp, 'advance'>
  readonly takeovers: Pick<Takeovers, 'flush' | 'hasNews'>
  readonly serverList: Pick<ServerList, 'tick'>
  readonly capacity: Pick<Capacity, 'advance'>
  readonly provisioning: Pick<Provisioning, 'advance'>
  readonly balance: Pick<Balance, 'advance'>
  readonly loads: Pick<Loads, 'tick'>
  readonly idleEnd: Pick<IdleEnd, 'advance'>
}

export class Turn {
  readonly #needs: TurnNeeds
  /** More is ready than one turn may do: another one is wanted at once. */
  #wantsAnother = false

  constructor(needs: TurnNeeds) {
    this.#needs = needs
  }

  /** Before the first turn: what the run before has committed is applied again. */
  begin(): void {
    const { commit } = this.#needs
    while (commit.applied < commit.index) this.#applyCommitted()
  }

  tick(): void {
    for (const piece of this.#needs.timed) piece.tick?.()
  }

  nextDeadlineMs(): number | undefined {
    if (this.#wantsAnother) return this.#needs.time.nowMs
    return earliest(...this.#needs.timed.map((piece) => piece.nextDeadlineMs?.()))
  }

  end(): void {
    const { queue, sequencer, commit, uplink, intake, downlink, retention, persistence, membership } =
      this.#needs
    const { sweep, leaving, fanOut, acknowledgements, publishing, catchingUp, takeovers, serverList } =
      this.#needs
    const { capacity, provisioning, balance, loads, idleEnd } = this.#needs
    // First: a client that gets a place now may speak at once, and a started server may have brought that place.
    provisioning.advance()
    capacity.advance()
    // Holders of sessions are published with this turn's entries.
    takeovers.flush()
    // What our clients have published becomes runs: at a root it is ready for its places then, elsewhere to go up.
    uplink.takePublished()
    // A root gives indexes to all that came in, before anything of this turn leaves: one request to the clock for all.
    sequencer.order()
    // Before HELD and ACK, which wait for this turn's change to be on the disk.
    persistence.collect()
    uplink.flush()
    intake.acknowledge()
    // After this turn's acknowledgements of the children have come in, and what is ordered now is in the log.
    commit.advance()
    const queued = queue.size
    this.#applyCommitted()
    // What was applied may have let a client publish: too late to be ordered, or to go up, in this turn.
    const hasPublished = queue.size > queued
    // With the commit index of this turn, so that children deliver as early as we do.
    downlink.flush()
    // Clients hear of what is applied first, and then what has become of their own messages.
    fanOut.flush()
    acknowledgements.flush()
    // Paused clients may continue now that entries have left the queue; and clients that waited for the log may come
    // in.
    publishing.flush()
    catchingUp.advance()
    // What others are sent describes the state at the end of the turn.
    retention.tick()
    membership.tick()
    serverList.tick()
    // After all that was applied has been written: only then does no client miss anything by a move.
    balance.advance()
    loads.tick()
    sweep.flush()
    idleEnd.advance()
    // What the steps above have changed is stored with this turn, not with the next.
    persistence.collect()
    // Last: gone only if really everything is safe.
    leaving.advance()
    this.#wantsAnother =
      hasPublished ||
      takeovers.hasNews ||
      downlink.hasMore ||
      fanOut.hasMore ||
      sequencer.hasMore ||
      commit.applied < commit.index
  }

  #applyCommitted(): void {
    const { commit, log, projections, membership } = this.#needs
    const from = commit.applied + 1
    const to = commit.advanceApplied(maxAppliedPerTurn)
    if (to < from) return
    let index = from
    for (const run of log.runsBetween(from, to)) {
      projections.applyRun(run, index)
      index += run.count
    }
    projections.endApply()
    membership.applied()
  }
}
