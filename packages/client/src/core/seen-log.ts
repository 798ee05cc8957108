/**
 * What this client has seen of the log: how far (a lineage, shown to the next server) and which messages (each
 * publisher's highest number, so that nothing is handed out twice). Numbers are gap-free per publisher, so the
 * highest one says it all.
 *
 * Memory: every client session is a publisher, so over the years there are many. Only what servers still keep, and
 * what may still change its position, can come twice; a publisher that was silent while ten thousands of others spoke
 * is not among that. So publishers live in two generations: when the young one is full it becomes the old one, and
 * publishers of the old one that have not spoken since are forgotten. That costs one map write per broadcast.
 */
import type { Epoch, Lineage, LogIndex, PublisherId } from '@jwp/protocol'

export class SeenLog {
  readonly #generationSize: number
  /** Changed in place: it is written once per broadcast. */
  #lineage: [Epoch, LogIndex][] = []
  #hasBegun = false
  #young = new Map<PublisherId, number>()
  #old: ReadonlyMap<PublisherId, number> = new Map()

  /** @param maxPublishers At least half of so many are remembered, those that spoke last. */
  constructor(maxPublishers: number) {
    this.#generationSize = Math.max(1, Math.ceil(maxPublishers / 2))
  }

  /** A copy. */
  get lineage(): Lineage {
    return this.#lineage.map(([epoch, last]) => [epoch, last] as const)
  }

  get end(): LogIndex {
    return this.#lineage.at(-1)?.[1] ?? 0
  }

  /** There is a log position to continue from, even if it is the very beginning. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** This place is in what we have seen, and was not cut. */
  has(epoch: Epoch, index: LogIndex): boolean {
    for (let k = this.#lineage.length - 1; k >= 0; k--) {
      const [its, last] = this.#lineage[k]!
      if (its === epoch) return index <= last && index > (this.#lineage[k - 1]?.[1] ?? 0)
    }
    return false
  }

  /** The term of the place at `index`; undefined: we have not seen it. */
  epochAt(index: LogIndex): Epoch | undefined {
    if (index < 1) return undefined
    return this.#lineage.find(([, last]) => index <= last)?.[0]
  }

  /** The server's log up to where delivery begins. */
  startAt(lineage: Lineage): void {
    this.#hasBegun = true
    this.#lineage = lineage.map(([epoch, last]) => [epoch, last])
  }

  /**
   * The entry at `index` is of `epoch`, and all before it was received. What lies between it and the one before is
   * not shown to clients (logins and the like) and is of the term before, since every change of term is sent; without
   * saying so here, two histories would seem to part there, and far too much would be sent again.
   */
  reached(epoch: Epoch, index: LogIndex): void {
    if (index <= this.end) this.#cut(index - 1)
    const last = this.#lineage.at(-1)
    if (last?.[0] === epoch) {
      last[1] = index
      return
    }
    if (last !== undefined) last[1] = index - 1
    this.#lineage.push([epoch, index])
  }

  /** True the first time that this message of this publisher comes. */
  isNew(publisher: PublisherId, n: number): boolean {
    const highest = this.#young.get(publisher) ?? this.#old.get(publisher) ?? 0
    if (this.#young.size >= this.#generationSize && !this.#young.has(publisher)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(publisher, Math.max(n, highest))
    return n > highest
  }

  #cut(end: LogIndex): void {
    while (this.#lineage.length > 0 && (this.#lineage.at(-2)?.[1] ?? 0) >= end) this.#lineage.pop()
    const last = this.#lineage.at(-1)
    if (last !== undefined) last[1] = end
  }
}
