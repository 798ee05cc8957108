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

const durationsMs = {
  brief: [50, 300, 600, 1_000],
  any: [50, 300, 600, 1_500, 4_000],
  long: [600, 1_500, 4_000, 15_000],
} as const

export function drawPauses(random: Random, ground: FaultGround): PauseFault[] {
  const names = ground.servers.map((server) => server.name)
  if (random.chance(0.25)) return drawRollingPauses(random, ground, names)
  const pauses: PauseFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    pauses.push({
      kind: 'pause',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      forMs: random.pick(durationsMs[ground.partitions]),
      target: drawTarget(random, names),
    })
  }
  return pauses
}

/** One server after the other, as when each machine of a cluster is updated in its turn. */
function drawRollingPauses(random: Random, ground: FaultGround, names: readonly string[]): PauseFault[] {
  const forMs = random.pick(durationsMs[ground.partitions])
  const everyMs = forMs + random.pick([-200, 20, 600, 1_200])
  const fromMs = Math.floor(random.between(ground.fromMs, (ground.fromMs + ground.toMs) / 2))
  return names.map((name, k) => ({
    kind: 'pause',
    atMs: fromMs + k * Math.max(50, everyMs),
    forMs,
    target: { part: 'named', name },
  }))
}

export function strikePause(scene: FaultScene, fault: PauseFault): void {
  const server = scene.find(fault.target)
  if (server === undefined) return
  server.pause()
  scene.queue.after(fault.forMs, () => server.resume())
  scene.atHeal(() => server.resume())
}
