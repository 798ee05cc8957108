/**
 * Acknowledges messages to clients with the feature `ack`: one ACTIVITY_ACK per session and turn, cumulative, at the
 * level that they asked for.
 */
import type { LogEntry, LogIndex, LogRun, NumberRange, PublisherId } from '@jwp/protocol'
import type { LogProjection } from '../projections/log-projection.js'
import type { ClientState } from './client-state.js'
import type { SessionListener } from './session-listener.js'
import type { Commit } from '../log/commit.js'
import type { StableIndex } from '../log/stable-index.js'
import type { Sessions } from './sessions.js'
import type { FanOut } from './fan-out.js'
import type { Outbox } from '../outbox.js'

export interface AcknowledgementsNeeds {
  readonly commit: Pick<Commit, 'applied'>
  readonly stable: Pick<StableIndex, 'index'>
  readonly sessions: Pick<Sessions, 'appliedNumber'>
  readonly fanOut: Pick<FanOut, 'isBlocked'>
  readonly outbox: Pick<Outbox, 'sendToClient'>
}

interface Progress {
  readonly client: ClientState
  /** All ids up to here are held by the parent; beyond it, some may be. */
  held: number
  readonly heldBeyond: Set<number>
  logged: number
  everywhere: number
  /** Logged, waiting for the stable index: [index, id], rising. Only kept for sessions that ask for `everywhere`. */
  readonly waiting: (readonly [LogIndex, number])[]
  told: number
  /** An id came again: say it again. */
  repeat: boolean
}

export class Acknowledgements implements LogProjection, SessionListener {
  readonly #needs: AcknowledgementsNeeds
  readonly #progress = new Map<PublisherId, Progress>()
  readonly #changed = new Set<Progress>()

  constructor(needs: AcknowledgementsNeeds) {
    this.#needs = needs
  }

  /** A session begins or resumes here; everything below `expect` is logged. */
  begin(client: ClientState, expect: number): void {
    const logged = expect - 1
    const progress: Progress = {
      client,
      held: logged,
      heldBeyond: new Set(),
      logged,
      everywhere: 0,
      // When all servers have applied what is applied here now, they have all that was logged before.
      waiting: logged > 0 ? [[this.#needs.commit.applied, logged]] : [],
      told: 0,
      repeat: false,
    }
    this.#progress.set(client.session!.publisher, progress)
    this.#markStable(progress, this.#needs.stable.index)
  }

  clientLeft(client: ClientState): void {
    const publisher = client.session?.publisher
    if (publisher === undefined) return
    const progress = this.#progress.get(publisher)
    if (progress?.client !== client) return
    this.#progress.delete(publisher)
    this.#changed.delete(progress)
  }

  held([publisher, firstN, count]: NumberRange): void {
    const progress = this.#progress.get(publisher)
    const lastN = firstN + count - 1
    if (progress === undefined || lastN <= progress.held) return
    for (let n = Math.max(firstN, progress.held + 1); n <= lastN; n++) progress.heldBeyond.add(n)
    while (progress.heldBeyond.delete(progress.held + 1)) progress.held++
    this.#changed.add(progress)
  }

  applyActivities({ publisher, lastN, count }: LogRun, first: LogIndex): void {
    this.logged(publisher, lastN, first + count - 1)
  }

  apply({ publisher, n }: LogEntry, index: LogIndex): void {
    this.logged(publisher, n, index)
  }

  endApply(): void {
    // Sent at the end of the turn.
  }

  settle(): void {
    // Nothing is kept to undo entries.
  }

  restart(): void {
    // What is logged stays logged: the snapshot has it, or it is logged again.
  }

  endRestart(): void {
    // As above.
  }

  logged(publisher: PublisherId, n: number, index: LogIndex): void {
    const progress = this.#progress.get(publisher)
    if (progress === undefined) return
    progress.logged = Math.max(progress.logged, n)
    while (progress.held < progress.logged) progress.heldBeyond.delete(++progress.held)
    if (progress.client.session?.ackLevel === 'everywhere') {
      progress.waiting.push([index, n])
      // We may be the last to get it: then no further mark will come.
      const everywhere = this.#needs.stable.index
      if (index <= everywhere) this.#markStable(progress, everywhere)
    }
    this.#changed.add(progress)
  }

  /** Applied entries were cut: what waits beyond will be logged again, elsewhere. */
  cutTo(end: LogIndex): void {
    for (const [publisher, { waiting }] of this.#progress) {
      const kept = waiting.findIndex(([index]) => index > end)
      if (kept === -1) continue
      waiting.length = kept
      const logged = this.#needs.sessions.appliedNumber(publisher)
      if (logged > 0) waiting.push([end, logged])
    }
  }

  everywhere(index: LogIndex): void {
    for (const progress of this.#progress.values()) this.#markStable(progress, index)
  }

  /** The client sent an id that is logged already. */
  repeated(publisher: PublisherId): void {
    const progress = this.#progress.get(publisher)
    if (progress === undefined) return
    progress.repeat = true
    this.#changed.add(progress)
  }

  /** End of a turn. */
  flush(): void {
    for (const progress of this.#changed) {
      // Cumulative, so nothing is lost by waiting; and a client that asks without reading costs nothing.
      if (this.#needs.fanOut.isBlocked(progress.client.id)) continue
      this.#changed.delete(progress)
      const level = progress.client.session?.ackLevel ?? 'logged'
      const id = progress[level]
      if (id > progress.told || (progress.repeat && id > 0)) {
        this.#needs.outbox.sendToClient(progress.client.id, { command: 'ACTIVITY_ACK', id, level })
        progress.told = id
      }
      progress.repeat = false
    }
  }

  #markStable(progress: Progress, index: LogIndex): void {
    let reached = 0
    while (reached < progress.waiting.length && progress.waiting[reached]![0] <= index) reached++
    if (reached === 0) return
    progress.everywhere = Math.max(progress.everywhere, progress.waiting[reached - 1]![1])
    progress.waiting.splice(0, reached)
    this.#changed.add(progress)
  }
}
