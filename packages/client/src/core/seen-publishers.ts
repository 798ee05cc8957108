/**
 * Which activities were delivered already, as the highest number of each publisher: the log holds every publisher's
 * numbers without gaps and in order, so one number says it all.
 *
 * Memory: every client session is a publisher, so over the years there are many. What can come twice is what the
 * servers still keep and what may still change its place; a publisher that has been silent while ten thousands of
 * others spoke is not among those. So publishers live in two generations: when the young one is full, it becomes the
 * old one, and what was in the old one and has not spoken since is forgotten. One map write per activity, no list.
 */
import type { PublisherId } from '@jwp/protocol'

export class SeenPublishers {
  readonly #generationSize: number
  #young = new Map<PublisherId, number>()
  #old: ReadonlyMap<PublisherId, number> = new Map()

  /** @param capacity Publishers remembered at most; at least half of it are the latest that spoke. */
  constructor(capacity: number) {
    this.#generationSize = Math.max(1, Math.ceil(capacity / 2))
  }

  highest(publisher: PublisherId): number {
    return this.#young.get(publisher) ?? this.#old.get(publisher) ?? 0
  }

  /** True for the first time, false if this or a later one of the same publisher was seen. */
  isNew(publisher: PublisherId, n: number): boolean {
    const isNew = n > this.highest(publisher)
    this.#remember(publisher, isNew ? n : this.highest(publisher))
    return isNew
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  #remember(publisher: PublisherId, n: number): void {
    if (this.#young.size >= this.#generationSize && !this.#young.has(publisher)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(publisher, n)
  }
}
