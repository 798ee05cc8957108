/** A machine's own time jumps forward: it was set. (Shells never let a core see it go back.) */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { drawTarget, wordsOf, type Target } from './target.js'

export interface JumpFault {
  readonly kind: 'jump'
  readonly atMs: number
  readonly byMs: number
  readonly target: Target
}

export function drawJumps(random: Random, ground: FaultGround): JumpFault[] {
  const names = ground.servers.map((server) => server.name)
  const jumps: JumpFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    jumps.push({
      kind: 'jump',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      byMs: random.pick([90, 350, 900, 3_000, 3_600_000]),
      target: drawTarget(random, names),
    })
  }
  return jumps
}

export function strikeJump(scene: FaultScene, fault: JumpFault): void {
  scene.find(fault.target)?.jump(fault.byMs)
}

export function describeJump(fault: JumpFault): string {
  return `the time of ${wordsOf(fault.target)} jumps by ${fault.byMs}ms`
}
