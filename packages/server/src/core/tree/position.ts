/** How much of the log a server holds: it decides which of several orphans founds the next tree. */
import { notAnHeir, type Position } from '@jwp/protocol'
import type { Log } from '../log/log.js'
import type { Self } from '../self.js'

export interface OwnPositionNeeds {
  readonly log: Pick<Log, 'last' | 'lastEpochNumber'>
  readonly self: Pick<Self, 'id'>
}

export class OwnPosition {
  readonly #needs: OwnPositionNeeds
  /** Our rank among the heirs when we lost our parent. */
  #rank = notAnHeir

  constructor(needs: OwnPositionNeeds) {
    this.#needs = needs
  }

  now(): Position {
    const { log, self } = this.#needs
    return { epochNumber: log.lastEpochNumber, index: log.last, rank: this.#rank, id: self.id }
  }

  /** @param rank -1: this server was no heir */
  lostParentAs(rank: number): void {
    this.#rank = rank === -1 ? notAnHeir : rank
  }
}

/**
 * The newer term, then the longer log, then the lower rank among the heirs, then the lower id is better. Each server
 * brings its own tuple, so all that compare the same tuples agree.
 */
export function isBetterPosition(a: Position, b: Position): boolean {
  if (a.epochNumber !== b.epochNumber) return a.epochNumber > b.epochNumber
  if (a.index !== b.index) return a.index > b.index
  if (a.rank !== b.rank) return a.rank < b.rank
  return a.id < b.id
}
