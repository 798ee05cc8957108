/** A host's network goes away and comes back, again and again. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface FlapFault {
  readonly kind: 'flap'
  readonly atMs: number
  readonly host: string
  readonly times: number
  readonly downMs: number
  readonly upMs: number
}

export function drawFlaps(random: Random, ground: FaultGround): FlapFault[] {
  const flaps: FlapFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    flaps.push({
      kind: 'flap',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      host: random.pick(ground.servers).name,
      times: 1 + random.below(4),
      downMs: random.pick([30, 200, 500]),
      upMs: random.pick([50, 300, 1_000]),
    })
  }
  return flaps
}

export function strikeFlap(scene: FaultScene, fault: FlapFault): void {
  let isOver = false
  const go = (left: number): void => {
    if (isOver || left === 0) return
    const heal = scene.network.cut((from, to) => from === fault.host || to === fault.host)
    scene.atHeal(() => {
      isOver = true
      heal()
    })
    scene.queue.after(fault.downMs, () => {
      heal()
      scene.queue.after(fault.upMs, () => go(left - 1))
    })
  }
  go(fault.times)
}
