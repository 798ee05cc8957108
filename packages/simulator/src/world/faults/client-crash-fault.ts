/** A client dies for good: from then on only what was acknowledged to it must be delivered. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface ClientCrashFault {
  readonly kind: 'client-crash'
  readonly atMs: number
  readonly client: string
}

export function drawClientCrashes(random: Random, ground: FaultGround): ClientCrashFault[] {
  // At least one client lives, to see what the others have left.
  const faults: ClientCrashFault[] = []
  for (const { name } of ground.clients.slice(1)) {
    if (!random.chance(0.3)) continue
    faults.push({
      kind: 'client-crash',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      client: name,
    })
  }
  return faults
}

export function strikeClientCrash(scene: FaultScene, fault: ClientCrashFault): void {
  scene.crashClient(fault.client)
}
