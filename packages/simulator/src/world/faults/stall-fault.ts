/**
 * A process does not read for a while, and sockets fill up: a client whose user has walked away, or a server whose
 * links are full. Processes that write to it learn of it and must neither lose nor pile up anything.
 */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface StallFault {
  readonly kind: 'stall'
  readonly atMs: number
  readonly forMs: number
  /** A client, or a server: then all its links to other servers are full. */
  readonly host: string
}

export function drawStalls(random: Random, ground: FaultGround): StallFault[] {
  const stalls: StallFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    const hosts = random.chance(0.6) ? ground.clients : ground.servers
    stalls.push({
      kind: 'stall',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      forMs: random.pick([20, 200, 1_000, 4_000]),
      host: random.pick(hosts).name,
    })
  }
  return stalls
}

export function strikeStall(scene: FaultScene, fault: StallFault): void {
  const end = scene.stall(fault.host)
  scene.queue.after(fault.forMs, end)
  scene.atHeal(end)
}
