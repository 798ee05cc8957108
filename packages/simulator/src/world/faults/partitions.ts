/**
 * When living servers cannot hear each other, or sleep: how long at a stretch decides what may be promised then. Told
 * from the schedule alone, so that no mistake of a core can excuse itself.
 */
import { simulatedTiming } from '../simulated-timing.js'
import type { Fault } from './fault.js'

export interface Partition {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * What was under way when a cut ended comes with the next retransmission, and a connection attempt that was begun in a
 * cut is made again only a second later: the lost root may be missing in a poll that began before the cut was over.
 */
const afterCutMs = simulatedTiming.attachTimeoutMs
/** Slowest frame of a simulated link at its normal pace: latency 20 ms, and jitter. */
const slowestFrameMs = 80
/** Partitions that follow each other this soon leave no time to come home in between. */
const healingMs = 500

export function partitionOf(fault: Fault, servers: ReadonlySet<string>): Partition | undefined {
  const fromMs = fault.atMs
  switch (fault.kind) {
    case 'calendar':
      return fault.sleepsMs > 0 ? { fromMs, toMs: fromMs + fault.sleepsMs } : undefined
    case 'pause':
      return { fromMs, toMs: fromMs + fault.forMs }
    case 'partition':
      if (!partsServers(fault.side, fault.against, servers)) return undefined
      return { fromMs, toMs: fromMs + fault.forMs + afterCutMs }
    case 'flap':
      return { fromMs, toMs: fromMs + fault.times * (fault.downMs + fault.upMs) + afterCutMs }
    case 'slow':
      return { fromMs, toMs: fromMs + fault.forMs + fault.factor * slowestFrameMs }
    default:
      return undefined
  }
}

/** Stretches of time with a partition, in their order, none touching another. */
export function partitionsOf(faults: readonly Fault[], servers: ReadonlySet<string>): Partition[] {
  const stretches: { fromMs: number; toMs: number }[] = []
  for (const fault of [...faults].sort((a, b) => a.atMs - b.atMs)) {
    const partition = partitionOf(fault, servers)
    if (partition === undefined) continue
    const before = stretches.at(-1)
    if (before !== undefined && partition.fromMs <= before.toMs + healingMs)
      before.toMs = Math.max(before.toMs, partition.toMs)
    else stretches.push({ ...partition })
  }
  return stretches
}

/** The faults without those that would make a stretch longer than this. */
export function withBriefPartitions(
  faults: readonly Fault[],
  servers: ReadonlySet<string>,
  longestMs: number,
): Fault[] {
  const kept: Fault[] = []
  for (const fault of faults) {
    const isTooLong =
      partitionOf(fault, servers) !== undefined &&
      partitionsOf([...kept, fault], servers).some(({ fromMs, toMs }) => toMs - fromMs > longestMs)
    if (!isTooLong) kept.push(fault)
  }
  return kept
}

/** A cut from clients or from the clock alone parts no servers. */
function partsServers(
  side: readonly string[],
  against: readonly string[] | undefined,
  servers: ReadonlySet<string>,
): boolean {
  const inside = new Set(side)
  const isOpposite = (name: string): boolean => against?.includes(name) ?? !inside.has(name)
  const here = [...servers].filter((name) => inside.has(name))
  return here.some((name) => [...servers].some((other) => other !== name && isOpposite(other)))
}
