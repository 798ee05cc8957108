/** The line of a host carries little for a while: a long frame takes seconds, and others wait behind it. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface ThinFault {
  readonly kind: 'thin'
  readonly atMs: number
  readonly forMs: number
  readonly host: string
  readonly bytesPerMs: number
}

export function drawThinLines(random: Random, ground: FaultGround): ThinFault[] {
  const thin: ThinFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    thin.push({
      kind: 'thin',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      forMs: random.pick([500, 2_000, 5_000]),
      host: random.pick(ground.servers).name,
      bytesPerMs: random.pick([5, 20, 100]),
    })
  }
  return thin
}

export function strikeThin(scene: FaultScene, fault: ThinFault): void {
  const end = scene.network.narrow(fault.host, fault.bytesPerMs)
  scene.queue.after(fault.forMs, end)
  scene.atHeal(end)
}
