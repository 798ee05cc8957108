/**
 * The stable index: every server in the tree has applied the log up to here. Each server reports to its parent how
 * far its whole subtree has applied it, and the root sends the lowest to all servers. A server that is cut off does
 * not count; otherwise one dead server would make all servers keep the log for ever.
 */
import type { LinkId, LogIndex } from '@jwp/protocol'
import type { Child } from '../tree/child.js'
import type { ChildJoined, ParentFound, TreeListener } from '../tree/tree-listener.js'
import type { Commit } from './commit.js'
import type { LogFollower } from './log-follower.js'

export interface StableIndexNeeds {
  readonly commit: Pick<Commit, 'applied'>
  /** Of what we have applied the tree has the same up to here, for certain. */
  readonly agreedUpTo: () => LogIndex
  readonly onMoved: (index: LogIndex) => void
}

export class StableIndex implements TreeListener, LogFollower {
  readonly #needs: StableIndexNeeds
  #index: LogIndex = 0
  /** How far the subtree of each child has come. */
  readonly #applied = new Map<LinkId, LogIndex>()

  constructor(needs: StableIndexNeeds) {
    this.#needs = needs
  }

  /** May go back when a new server attaches. */
  get index(): LogIndex {
    return this.#index
  }

  childJoined({ child }: ChildJoined): void {
    this.#applied.set(child.link, 0)
  }

  childLost({ link }: Child): void {
    this.#applied.delete(link)
  }

  parentFound({ answer }: ParentFound): void {
    this.moveTo(answer.everywhere)
  }

  /** What comes after `end` will be other entries, which not every server has. */
  cutTo(end: LogIndex): void {
    this.#index = Math.min(this.#index, end)
  }

  restartAt(): void {
    // The parent sends the next one.
  }

  /** A child reports how far its subtree has come. */
  reported(link: LinkId, applied: LogIndex): void {
    if (this.#applied.has(link)) this.#applied.set(link, applied)
  }

  moveTo(index: LogIndex): void {
    if (index === this.#index) return
    this.#index = index
    this.#needs.onMoved(index)
  }

  /** Our whole subtree has applied up to here. */
  appliedBelow(): LogIndex {
    const { commit, agreedUpTo } = this.#needs
    let applied = Math.min(commit.applied, agreedUpTo())
    for (const below of this.#applied.values()) applied = Math.min(applied, below)
    return applied
  }
}
