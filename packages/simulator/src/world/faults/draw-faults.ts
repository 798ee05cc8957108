/** Which families of faults a run may meet, and the schedule that a seed draws from them. */
import type { Random } from '@jwp/protocol'
import { drawBlackouts } from './blackout-fault.js'
import { drawCalendars } from './calendar-fault.js'
import { drawClientCrashes } from './client-crash-fault.js'
import { drawClockFaults } from './clock-fault.js'
import { drawCrashes } from './crash-fault.js'
import { drawFullDisks } from './disk-full-fault.js'
import { longestPartitionMs } from '../simulated-timing.js'
import type { Fault } from './fault.js'
import type { FaultGround } from './fault-scene.js'
import { drawFlaps } from './flap-fault.js'
import { drawJumps } from './jump-fault.js'
import { drawLastWords } from './last-words-fault.js'
import { drawLeaves } from './leave-fault.js'
import { drawPartitions } from './partition-fault.js'
import { withBriefPartitions } from './partitions.js'
import { drawPauses } from './pause-fault.js'
import { drawRestarts } from './restart-fault.js'
import { drawSlowLinks } from './slow-fault.js'
import { drawStalls } from './stall-fault.js'
import { drawThinLines } from './thin-fault.js'

const draws = {
  crash: drawCrashes,
  restart: drawRestarts,
  leave: drawLeaves,
  clock: drawClockFaults,
  client: drawClientCrashes,
  partition: drawPartitions,
  flap: drawFlaps,
  pause: drawPauses,
  slow: drawSlowLinks,
  'last-words': drawLastWords,
  stall: drawStalls,
  jump: drawJumps,
  'disk-full': drawFullDisks,
  blackout: drawBlackouts,
  thin: drawThinLines,
  calendar: drawCalendars,
  // Not a fault: it makes every world one with users who come and go (draw-users.ts).
  visits: () => [],
  // Nor is this: it makes every world one with long lines (draw-lines.ts).
  far: () => [],
} satisfies Record<string, (random: Random, ground: FaultGround) => readonly Fault[]>

export type FaultFamily = keyof typeof draws

/** Processes that die, leave and come back. */
export const processFaults: readonly FaultFamily[] = ['crash', 'restart', 'leave', 'clock', 'client']
/** And a network that fails silently, and processes that sleep. */
export const allFaults: readonly FaultFamily[] = [
  ...processFaults,
  'partition',
  'flap',
  'pause',
  'slow',
  'stall',
  'jump',
  'disk-full',
  'blackout',
  'thin',
]
/** Nothing but deaths right after an acknowledgement: what was said to be safe must be safe. */
export const lastWordsFaults: readonly FaultFamily[] = ['last-words', 'restart', 'clock']

/** What only disks survive: all servers die at once, disks fill up, and the usual deaths. */
export const diskFaults: readonly FaultFamily[] = [...processFaults, 'disk-full', 'blackout']

export function drawFaults(random: Random, ground: FaultGround, families: readonly FaultFamily[]): Fault[] {
  const faults: Fault[] = []
  for (const family of families) {
    // Swarm: each family is off in some seeds.
    const isOn = random.chance(family === 'crash' ? 0.9 : family === 'blackout' ? 0.6 : 0.5)
    const drawn = draws[family](random, ground)
    if (isOn) faults.push(...drawn)
  }
  faults.sort((a, b) => a.atMs - b.atMs)
  if (ground.partitions !== 'brief') return faults
  return withBriefPartitions(faults, new Set(ground.servers.map((server) => server.name)), longestPartitionMs)
}

/** Lines from one to many hundred milliseconds long, with jitter and loss, and processes that die, and partitions. */
export const farFaults: readonly FaultFamily[] = [...processFaults, 'partition', 'far']

/** Users come and go in every world, servers die under them, and the network parts. */
export const userFaults: readonly FaultFamily[] = [...processFaults, 'partition', 'visits']
