/** A dead server is started again: a new incarnation under the old name, with its contacts, and its disk if it has one. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface RestartFault {
  readonly kind: 'restart'
  readonly atMs: number
  /** Picks among those that are dead then. */
  readonly order: number
  /** Its disk, if it has one, was replaced by an empty one. Default false. */
  readonly losesDisk?: boolean
  /** Comes back under another host and port. Default false. */
  readonly moves?: boolean
}

export function drawRestarts(random: Random, ground: FaultGround): RestartFault[] {
  const restarts: RestartFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    restarts.push({
      kind: 'restart',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      order: random.below(16),
      losesDisk: random.chance(0.15),
      moves: random.chance(0.15),
    })
  }
  return restarts
}

export function strikeRestart(scene: FaultScene, fault: RestartFault): void {
  scene.restartDead(fault.order, { losesDisk: fault.losesDisk === true, moves: fault.moves === true })
}
