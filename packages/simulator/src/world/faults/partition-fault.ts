/**
 * A silent cut: some hosts receive nothing from others (or, one way, the others nothing from them) for a while.
 * Several at once make partitions of any shape: three groups are two of these with sides that share no host.
 */
import type { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'

export interface PartitionFault {
  readonly kind: 'partition'
  readonly atMs: number
  readonly forMs: number
  /** Hosts on one side; clients count. */
  readonly side: readonly string[]
  /** Hosts on the other side. Absent: all that are not on this one, the clock too. */
  readonly against?: readonly string[]
  readonly direction: 'both' | 'out' | 'in'
}

type Cut = Omit<PartitionFault, 'kind' | 'atMs' | 'forMs'>

/** Shorter than the silence limit, about it, and longer than every grace. */
const durationsMs = {
  brief: [50, 100, 400, 600, 750],
  any: [100, 400, 1_000, 4_000],
  long: [1_000, 4_000, 12_000, 25_000],
} as const

export function drawPartitions(random: Random, ground: FaultGround): PartitionFault[] {
  const partitions: PartitionFault[] = []
  for (let k = random.below(4); k > 0; k--) {
    const atMs = Math.floor(random.between(ground.fromMs, ground.toMs))
    const forMs = random.pick(durationsMs[ground.partitions])
    for (const cut of drawCuts(random, ground)) partitions.push({ kind: 'partition', atMs, forMs, ...cut })
  }
  return partitions
}

function drawCuts(random: Random, ground: FaultGround): Cut[] {
  const servers = ground.servers.map((server) => server.name)
  const hosts = [...servers, ...ground.clients.map((client) => client.name)]
  const direction = random.chance(0.7) ? 'both' : random.pick(['out', 'in'] as const)
  switch (random.below(5)) {
    case 0: {
      // Many groups: each host is in one of them, and the last group is all hosts in none of these.
      const groups: string[][] = Array.from({ length: 2 + random.below(3) }, () => [])
      for (const host of hosts) random.pick([...groups, []]).push(host)
      return groups.filter((side) => side.length > 0).map((side) => ({ side, direction: 'both' }))
    }
    case 1:
      // One server receives nothing from one other, and all others reach both.
      return [{ side: [random.pick(servers)], against: [random.pick(servers)], direction }]
    case 2:
      // All servers lose the clock.
      return [{ side: ['clock'], direction }]
    default: {
      const share = random.next()
      return [{ side: hosts.filter(() => random.chance(share)), direction }]
    }
  }
}

export function strikePartition(scene: FaultScene, fault: PartitionFault): void {
  const side = new Set(fault.side)
  const against = fault.against === undefined ? undefined : new Set(fault.against)
  const isOpposite = (host: string): boolean => (against === undefined ? !side.has(host) : against.has(host))
  const heal = scene.network.cut((from, to) => {
    const isOut = side.has(from) && isOpposite(to)
    const isIn = side.has(to) && isOpposite(from)
    return fault.direction === 'both' ? isOut || isIn : fault.direction === 'out' ? isOut : isIn
  })
  scene.queue.after(fault.forMs, heal)
  scene.atHeal(heal)
}
