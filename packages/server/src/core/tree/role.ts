/** Where this server hangs: it is a root, somebody's child, or an orphan that looks for a place. */
import type { Epoch, LinkId, Position, ServerId } from '@jwp/protocol'
import { notInSuccession } from '@jwp/protocol'
import type { Parts } from '../parts.js'

export type TreePlace =
  | { readonly role: 'root'; readonly epoch: Epoch; readonly sinceMs: number }
  | { readonly role: 'child'; readonly parentLink: LinkId; readonly parentId: ServerId }
  | { readonly role: 'orphan' }

export class Place {
  readonly #parts: Parts
  now: TreePlace = { role: 'orphan' }
  /** Highest epoch number seen anywhere: the next reign of ours is above it. */
  highestEpochNumber = 0
  /** Our place in the succession when we lost our parent. */
  lastRank = notInSuccession

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get isRoot(): boolean {
    return this.now.role === 'root'
  }

  get isOrphan(): boolean {
    return this.now.role === 'orphan'
  }

  get parentLink(): LinkId | undefined {
    return this.now.role === 'child' ? this.now.parentLink : undefined
  }

  /** Since when we are a root, in Unix ms; 0 if we are none. */
  get sinceMs(): number {
    return this.now.role === 'root' ? this.now.sinceMs : 0
  }

  sawEpochNumber(number: number): void {
    if (number > this.highestEpochNumber) this.highestEpochNumber = number
  }

  /** How much we hold, for "who takes over". */
  position(): Position {
    const { log, self } = this.#parts
    return { epochNumber: log.lastEpochNumber, index: log.last, rank: this.lastRank, id: self.id }
  }
}

/**
 * The newer reign, then the longer log, then the earlier place in the succession, then the lower id is better.
 * Each server brings its own tuple, so all who compare the same tuples agree.
 */
export function isBetterPosition(a: Position, b: Position): boolean {
  if (a.epochNumber !== b.epochNumber) return a.epochNumber > b.epochNumber
  if (a.index !== b.index) return a.index > b.index
  if (a.rank !== b.rank) return a.rank < b.rank
  return a.id < b.id
}
