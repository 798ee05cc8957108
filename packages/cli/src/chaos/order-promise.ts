/**
 * Which messages have one order at all clients (docs/failure-model.md). When living servers were partitioned for
 * longer than the limit, each side may have continued with an order of its own: what was sent then is judged for
 * loss, doubles and its sender's order only. Computed from the schedule as it happened, so that no mistake of a
 * server can excuse itself.
 */
import type { Receipt } from '../demo/delivery-audit.js'
import type { SteadyPublisher } from '../demo/steady-publisher.js'
import { endsServers, isPartition } from './fault.js'
import type { StruckFault } from './strike.js'

/**
 * Silence limit, less the heartbeat that had just been due, and two polls: a stopped process still takes connections.
 */
const longestPauseMs = 1_550
/** The same with one poll: a connection attempt into a cut is not repeated in time. */
const longestCutMs = 1_150
/** A server that comes back with its disk founds a tree without the rest after the grace (2 s), and some margin. */
const longestReturnMs = 1_800

/** Why one order is not promised for a round; undefined: it is. */
export function whyOrderIsFree(struck: readonly StruckFault[]): string | undefined {
  const happened = struck.filter(({ sparedSince }) => sparedSince === undefined)
  const partitions = happened.filter(({ fault }) => isPartition(fault))
  const blackout = happened.find(({ fault }) => fault.kind === 'blackout')
  if (blackout !== undefined)
    return (blackout.returnSpreadMs ?? 0) > longestReturnMs ? 'they came back too far apart' : undefined
  if (partitions.length === 0) return undefined
  const fromMs = Math.min(...partitions.map((each) => each.fromMs))
  const lastedMs = Math.max(...partitions.map(({ toMs }) => toMs)) - fromMs
  const hasCut = partitions.some(({ fault }) => fault.kind !== 'pause')
  if (lastedMs > (hasCut ? longestCutMs : longestPauseMs)) return 'partitioned for too long'
  return happened.some(({ fault }) => endsServers(fault))
    ? 'servers ended while others were partitioned'
    : undefined
}

/** Messages that were sent while a round went on, by the numbers of their publishers. */
export class FreeOrder {
  readonly #publishers: readonly SteadyPublisher[]
  readonly #ranges = new Map<string, { from: number; to: number }[]>()

  constructor(publishers: readonly SteadyPublisher[]) {
    this.#publishers = publishers
  }

  /** The next number of each publisher, less what may not have its place yet: where a round begins. */
  begin(): ReadonlyMap<string, number> {
    return new Map(
      this.#publishers.map((publisher) => {
        const { sent } = publisher.notes()
        // What was acknowledged a moment ago may still be on its way to others.
        return [publisher.name, sent - publisher.unacknowledged - Math.ceil(publisher.perSecond)]
      }),
    )
  }

  /** All from there until now have no promised order. */
  end(begin: ReadonlyMap<string, number>): void {
    for (const publisher of this.#publishers) {
      const ranges = this.#ranges.get(publisher.name) ?? []
      ranges.push({ from: begin.get(publisher.name) ?? 0, to: publisher.notes().sent })
      this.#ranges.set(publisher.name, ranges)
    }
  }

  /** Messages without a promised order. */
  get count(): number {
    let count = 0
    for (const publisher of this.#publishers) {
      const { name, sent } = publisher.notes()
      for (let number = 1; number <= sent; number++)
        if (!this.isPromised({ publisher: name, number })) count += 1
    }
    return count
  }

  readonly isPromised = ({ publisher, number }: Receipt): boolean =>
    !(this.#ranges.get(publisher) ?? []).some(({ from, to }) => number >= from && number <= to)
}
