/** A silent cut: some hosts hear nothing from the others (or, one way, the others nothing from them) for a while. */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface PartitionFault {
  readonly kind: 'partition'
  readonly atMs: number
  readonly forMs: number
  /** Hosts on one side; clients count. */
  readonly side: readonly string[]
  readonly direction: 'both' | 'out' | 'in'
}

export function drawPartitions(random: Random, ground: FaultGround): PartitionFault[] {
  const hosts = [...ground.servers, ...ground.clients].map((host) => host.name)
  const partitions: PartitionFault[] = []
  for (let k = random.below(3); k > 0; k--) {
    const share = random.next()
    partitions.push({
      kind: 'partition',
      atMs: Math.floor(random.between(ground.fromMs, ground.toMs)),
      // Shorter than the silence limit, about it, and longer than every grace.
      forMs: random.pick([100, 400, 1_000, 4_000]),
      side: hosts.filter(() => random.chance(share)),
      direction: random.chance(0.7) ? 'both' : random.pick(['out', 'in']),
    })
  }
  return partitions
}

export function strikePartition(scene: FaultScene, fault: PartitionFault): void {
  const side = new Set(fault.side)
  const heal = scene.network.cut((from, to) => {
    if (side.has(from) === side.has(to)) return false
    return fault.direction === 'both' || side.has(from) === (fault.direction === 'out')
  })
  scene.queue.after(fault.forMs, heal)
  scene.atHeal(heal)
}
