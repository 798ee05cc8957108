/**
 * What changes in this server's role, for all pieces that have to follow. `wiring.ts` names them in one ordered list;
 * each is called in that order, and does only what is its own.
 */
import type { LinkId, LogIndex, ServerMessageOf } from '@jwp/protocol'
import type { Child } from './child.js'

export interface ParentFound {
  readonly link: LinkId
  readonly answer: ServerMessageOf<'AUTHENTICATION_SUCCESS'>
  /** The root's log and ours are the same up to here. */
  readonly common: LogIndex
}

export interface ChildJoined {
  readonly child: Child
  /** Its log and ours are the same up to here. */
  readonly common: LogIndex
  /** What either side has dropped cannot be compared entry by entry: a snapshot bridges it. */
  readonly needsSnapshot: boolean
}

export interface BecameRoot {
  /** No other server of the tree is left, for certain. */
  readonly isCertainlyAlone: boolean
}

export interface TreeListener {
  /** A parent has taken this server, which was an orphan, or the root of a junior tree. */
  parentFound?(found: ParentFound): void
  parentLost?(): void
  /** This server has opened a term of its own; the term's marker is in the log. */
  becameRoot?(how: BecameRoot): void
  childJoined?(joined: ChildJoined): void
  childLost?(child: Child): void
}

export class TreeListeners implements Required<TreeListener> {
  readonly #ordered: () => readonly TreeListener[]
  #list: readonly TreeListener[] | undefined

  /** @param ordered is asked once, at the first change: the listeners may be made later than this list */
  constructor(ordered: () => readonly TreeListener[]) {
    this.#ordered = ordered
  }

  get #all(): readonly TreeListener[] {
    return (this.#list ??= this.#ordered())
  }

  parentFound(found: ParentFound): void {
    for (const listener of this.#all) listener.parentFound?.(found)
  }

  parentLost(): void {
    for (const listener of this.#all) listener.parentLost?.()
  }

  becameRoot(how: BecameRoot): void {
    for (const listener of this.#all) listener.becameRoot?.(how)
  }

  childJoined(joined: ChildJoined): void {
    for (const listener of this.#all) listener.childJoined?.(joined)
  }

  childLost(child: Child): void {
    for (const listener of this.#all) listener.childLost?.(child)
  }
}
