/** SIGKILL: alone, in bursts, or timed against the election that an earlier crash has started. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { isSomebodyLeft } from './last-server.js'
import { drawTarget, type Target } from './target.js'

export interface CrashFault {
  readonly kind: 'crash'
  readonly atMs: number
  readonly target: Target
}

/** An election takes about two polls: within this long after a crash the next one hurts most. */
const electionMs = 400

export function drawCrashes(random: Random, ground: FaultGround): CrashFault[] {
  const names = ground.servers.map((server) => server.name)
  const crashes: CrashFault[] = []
  const bursts = 1 + random.below(4)
  for (let b = 0; b < bursts; b++) {
    const atMs = random.between(ground.fromMs, ground.toMs)
    const size = random.chance(0.5) ? 1 : 2 + random.below(3)
    for (let k = 0; k < size; k++) {
      const target = drawTarget(random, names)
      crashes.push({
        kind: 'crash',
        atMs: Math.floor(atMs + (k === 0 ? 0 : random.between(0, electionMs))),
        target,
      })
    }
  }
  return crashes
}

export function strikeCrash(scene: FaultScene, fault: CrashFault): void {
  const server = scene.find(fault.target)
  // The last one lives: when all copies are gone there is nothing left to check.
  if (server !== undefined && isSomebodyLeft(scene, server)) scene.crash(server)
}
