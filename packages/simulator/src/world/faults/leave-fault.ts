/** SIGTERM: a server leaves in order. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { isAnyLeft } from './last-server.js'
import { drawTarget, type Target } from './target.js'

export interface LeaveFault {
  readonly kind: 'leave'
  readonly atMs: number
  readonly target: Target
}

export function drawLeaves(random: Random, ground: FaultGround): LeaveFault[] {
  const names = ground.servers.map((server) => server.name)
  const leaves: LeaveFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    leaves.push({ kind: 'leave', atMs, target: drawTarget(random, names) })
  }
  return leaves
}

export function strikeLeave(scene: FaultScene, fault: LeaveFault): void {
  const server = scene.find(fault.target)
  // The last one lives: when all copies are gone there is nothing left to check.
  if (server !== undefined && isAnyLeft(scene, server)) scene.leave(server)
}
