/** A host far away for a while: everything that it sends and gets takes many times longer. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface SlowFault {
  readonly kind: 'slow'
  readonly atMs: number
  readonly forMs: number
  readonly host: string
  readonly factor: number
}

export function drawSlowLinks(random: Random, ground: FaultGround): SlowFault[] {
  const slow: SlowFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    slow.push({
      kind: 'slow',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      forMs: random.pick([200, 1_000, 4_000]),
      host: random.pick(ground.servers).name,
      factor: random.pick([3, 8, 20]),
    })
  }
  return slow
}

export function strikeSlow(scene: FaultScene, fault: SlowFault): void {
  const end = (): void => scene.network.slowDown(fault.host, 1)
  scene.network.slowDown(fault.host, fault.factor)
  scene.queue.after(fault.forMs, end)
  scene.atHeal(end)
}
