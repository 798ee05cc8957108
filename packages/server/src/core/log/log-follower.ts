/**
 * What keeps places in the log: when the log is cut, or begins anew from a snapshot, all of them have to follow.
 * `wiring.ts` names them in one ordered list.
 */
import type { LogIndex } from '@jwp/protocol'

export interface LogFollower {
  /** The log ends here now: what came after was taken out, and other entries may come in its place. */
  cutTo(end: LogIndex): void
  /** The log begins anew, with another server's baseline that ends here. */
  restartAt(index: LogIndex): void
}

export class LogFollowers implements LogFollower {
  readonly #ordered: () => readonly LogFollower[]
  #list: readonly LogFollower[] | undefined

  /** @param ordered is asked once, at the first change: the followers may be made later than this list */
  constructor(ordered: () => readonly LogFollower[]) {
    this.#ordered = ordered
  }

  get #all(): readonly LogFollower[] {
    return (this.#list ??= this.#ordered())
  }

  cutTo(end: LogIndex): void {
    for (const follower of this.#all) follower.cutTo(end)
  }

  restartAt(index: LogIndex): void {
    for (const follower of this.#all) follower.restartAt(index)
  }
}
