/** SIGKILL: alone, in bursts, several at one moment, or timed against the election that an earlier crash has started. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { isAnyLeft } from './last-server.js'
import { drawTarget, type Target } from './target.js'

export interface CrashFault {
  readonly kind: 'crash'
  readonly atMs: number
  readonly target: Target
}

/** An election takes about two polls: within this long after a crash the next one hurts most. */
const electionMs = 400
/** No root of a simulated world has more children than that. */
const mostHeirs = 8

export function drawCrashes(random: Random, ground: FaultGround): CrashFault[] {
  const names = ground.servers.map((server) => server.name)
  const crashes: CrashFault[] = []
  const bursts = 1 + random.below(4)
  for (let b = 0; b < bursts; b++) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    if (random.chance(0.03)) {
      crashes.push(...rootAndAllHeirs(atMs))
      continue
    }
    const size = random.chance(0.5) ? 1 : 2 + random.below(4)
    const spreadMs = random.chance(0.3) ? 0 : electionMs
    for (let k = 0; k < size; k++) {
      const laterMs = k === 0 ? 0 : Math.floor(random.between(0, spreadMs))
      crashes.push({ kind: 'crash', atMs: atMs + laterMs, target: drawTarget(random, names) })
    }
  }
  return crashes
}

/**
 * The servers that are left have to account for others that they cannot ask any more. The root last: it names its
 * heirs.
 */
function rootAndAllHeirs(atMs: number): CrashFault[] {
  const heirs = Array.from({ length: mostHeirs }, (_, place): Target => ({ part: 'heir', place }))
  return [...heirs, { part: 'root' } as const].map((target) => ({ kind: 'crash', atMs, target }))
}

export function strikeCrash(scene: FaultScene, fault: CrashFault): void {
  const server = scene.find(fault.target)
  // The last one lives: when all copies are gone there is nothing left to check.
  if (server !== undefined && isAnyLeft(scene, server)) scene.crash(server)
}
