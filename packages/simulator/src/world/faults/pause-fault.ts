/** SIGSTOP, and SIGCONT a while later: the process wakes up with stale knowledge. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import { drawTarget, type Target } from './target.js'

export interface PauseFault {
  readonly kind: 'pause'
  readonly atMs: number
  readonly forMs: number
  readonly target: Target
}

export function drawPauses(random: Random, ground: FaultGround): PauseFault[] {
  const names = ground.servers.map((server) => server.name)
  const pauses: PauseFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    pauses.push({
      kind: 'pause',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      forMs: random.pick([50, 300, 600, 1_500, 4_000]),
      target: drawTarget(random, names),
    })
  }
  return pauses
}

export function strikePause(scene: FaultScene, fault: PauseFault): void {
  const server = scene.find(fault.target)
  if (server === undefined) return
  server.pause()
  scene.queue.after(fault.forMs, () => server.resume())
  scene.atHeal(() => server.resume())
}
