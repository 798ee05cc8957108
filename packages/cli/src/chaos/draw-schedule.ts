/**
 * Draws everything that will happen from one number: the tree to begin with, and which faults strike when. The same
 * seed and options always give the same schedule; what the processes make of it is their own affair.
 */
import { Random } from '@jwp/protocol'
import {
  durationOf,
  endsServers,
  isPartition,
  type Fault,
  type FaultFamily,
  type Round,
  type Target,
  type Way,
} from './fault.js'

export interface ScheduleOptions {
  readonly seed: number
  readonly seconds: number
  readonly servers: number
  readonly families: readonly FaultFamily[]
  /** Servers have disks: they may all be killed at once. */
  readonly data: boolean
}

export interface Schedule {
  readonly names: readonly string[]
  /** Place of each server's parent at the start; undefined: founds the tree. */
  readonly parents: readonly (number | undefined)[]
  readonly rounds: readonly Round[]
}

/** A pause or cut up to this is never noticed: below the silence limit (1 s) by more than one heartbeat (0.25 s). */
export const unnoticedMs = 700

const mostChildrenAtStart = 3

export function drawSchedule(options: ScheduleOptions): Schedule {
  const random = new Random(options.seed)
  const names = Array.from({ length: options.servers }, (_, at) => nameOf(at))
  const parents = drawParents(random, options.servers)
  const rounds: Round[] = []
  let atMs = 500
  while (atMs < options.seconds * 1_000) {
    const strikes = drawStrikes(random, names, options)
    rounds.push({ atMs, strikes })
    const endMs = Math.max(...strikes.map(({ afterMs, fault }) => afterMs + durationOf(fault)))
    atMs += Math.round(endMs + random.between(500, 2_500))
  }
  return { names, parents, rounds }
}

/** a to z, then a1 … z1. */
const nameOf = (at: number): string =>
  String.fromCharCode(97 + (at % 26)) + (at < 26 ? '' : String(Math.floor(at / 26)))

function drawParents(random: Random, count: number): (number | undefined)[] {
  const parents: (number | undefined)[] = [undefined]
  for (let at = 1; at < count; at++) {
    const open = Array.from({ length: at }, (_, place) => place).filter(
      (place) => parents.filter((parent) => parent === place).length < mostChildrenAtStart,
    )
    parents.push(random.pick(open))
  }
  return parents
}

function drawStrikes(random: Random, names: readonly string[], options: ScheduleOptions): Round['strikes'] {
  if (options.data && options.families.includes('kill') && random.chance(0.12)) {
    return [{ afterMs: 0, fault: { kind: 'blackout', backAfterMs: whole(random, 100, 1_500) } }]
  }
  const count = random.chance(0.65) ? 1 : random.chance(0.8) ? 2 : 3
  const strikes: { afterMs: number; fault: Fault }[] = []
  for (let drawn = 0; drawn < count; drawn++) {
    const fault = drawFault(random, names, random.pick(options.families))
    const afterMs = drawn === 0 ? 0 : random.chance(0.3) ? 0 : whole(random, 0, 900)
    if (isFair([...strikes.map((strike) => strike.fault), fault])) strikes.push({ afterMs, fault })
  }
  return strikes.sort((a, b) => a.afterMs - b.afterMs)
}

/**
 * A server that is cut off from all others for long founds a tree of its own, and what it logs there lives nowhere
 * else. If it is killed as well, that may be lost, as documented: so no server ends in a round with a long partition.
 */
function isFair(faults: readonly Fault[]): boolean {
  const partitions = faults.filter(isPartition)
  const longestMs = partitions.reduce((sum, fault) => sum + durationOf(fault), 0)
  return !faults.some(endsServers) || longestMs <= 1_500
}

function drawFault(random: Random, names: readonly string[], family: FaultFamily): Fault {
  const target = drawTarget(random, names)
  switch (family) {
    case 'kill':
      return { kind: 'kill', target, backAfterMs: whole(random, 200, 3_000) }
    case 'restart':
      return { kind: 'restart', target }
    case 'pause':
      return { kind: 'pause', target, forMs: drawLengthMs(random) }
    case 'clock':
      return {
        kind: 'clock',
        how: random.pick(['kill', 'pause', 'cut'] as const),
        forMs: whole(random, 50, 3_000),
      }
    case 'cut':
      return drawCut(random, names, target)
  }
}

function drawCut(random: Random, names: readonly string[], target: Target): Fault {
  const forMs = drawLengthMs(random)
  const way: Way = random.pick(['both', 'both', 'deaf', 'mute'])
  const shape = random.next()
  if (shape < 0.3) return { kind: 'cut-off', target, way, forMs }
  if (shape < 0.55)
    return { kind: 'cut-pair', target, other: random.pick(othersOf(target, names)), way, forMs }
  if (shape < 0.75 && names.length > 1) {
    const side = names.filter(() => random.chance(0.5))
    // All or none on one side is no cut.
    const fair = side.length > 0 && side.length < names.length ? side : [random.pick(names)]
    return { kind: 'cut-apart', side: fair, forMs }
  }
  return shape < 0.9 ? { kind: 'cut-clients', target, forMs } : { kind: 'hang-up', target }
}

/** Unnoticed, noticed but within what leaves one order, or long enough for trees of their own. */
function drawLengthMs(random: Random): number {
  const draw = random.next()
  if (draw < 0.4) return whole(random, 100, unnoticedMs)
  return draw < 0.75 ? whole(random, 1_000, 2_000) : whole(random, 2_000, 6_000)
}

function drawTarget(random: Random, names: readonly string[]): Target {
  if (random.chance(0.3)) return { role: 'root' }
  return random.chance(0.15) ? { role: 'heir' } : { server: random.pick(names) }
}

const othersOf = (target: Target, names: readonly string[]): readonly string[] =>
  names.filter((name) => !('server' in target) || name !== target.server)

const whole = (random: Random, low: number, high: number): number => Math.round(random.between(low, high))
