/** A server's disk takes nothing more: it says so and leaves in order. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { isAnyLeft } from './last-server.js'
import { drawTarget, type Target } from './target.js'

export interface DiskFullFault {
  readonly kind: 'disk-full'
  readonly atMs: number
  readonly target: Target
}

export function drawFullDisks(random: Random, ground: FaultGround): DiskFullFault[] {
  const names = ground.servers.map((server) => server.name)
  const full: DiskFullFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    full.push({ kind: 'disk-full', atMs, target: drawTarget(random, names) })
  }
  return full
}

export function strikeDiskFull(scene: FaultScene, fault: DiskFullFault): void {
  const server = scene.find(fault.target)
  // The last one goes on: when all have left there is nothing to check.
  if (server !== undefined && isAnyLeft(scene, server)) server.fillDisk()
}
