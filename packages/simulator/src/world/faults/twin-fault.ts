/**
 * Two programs hold one session: the token of a client was copied, and is shown at other servers. If those are cut
 * off from the server of the client, no server can know it before the trees are one again.
 */
import { Random } from '@jwp/protocol'
import type { FaultGround, FaultScene } from './fault-scene.js'
import type { PartitionFault } from './partition-fault.js'

export interface TwinFault {
  readonly kind: 'twin'
  readonly atMs: number
  /** Whose session it is. */
  readonly client: string
  /** Where it is shown: names of servers, tried in this order. */
  readonly servers: readonly string[]
}

/** What else goes wrong there. */
interface OtherFault {
  readonly kind: string
}

const isPartition = (fault: OtherFault): fault is PartitionFault => fault.kind === 'partition'

/** Of the worlds of any mix. */
const share = 0.15
/** Shorter cuts leave one tree. */
const shortestPartitionMs = 1_000

/** Drawn apart, so that the other worlds are what they were without. Where the network parts: on the other side, mostly. */
export function drawTwins(seed: number, ground: FaultGround, faults: readonly OtherFault[]): TwinFault[] {
  const random = new Random(seed ^ 0x7215)
  if (!random.chance(share)) return []
  const twins: TwinFault[] = []
  for (let k = 1 + random.below(2); k > 0; k--) {
    const partitions = faults.filter(isPartition).filter((fault) => partsAny(fault, ground))
    twins.push(
      partitions.length > 0 && random.chance(0.8)
        ? drawAcross(random, ground, random.pick(partitions))
        : drawAnywhere(random, ground),
    )
  }
  return twins
}

function drawAnywhere(random: Random, { clients, servers, fromMs, toMs }: FaultGround): TwinFault {
  const { name } = random.pick(numbered(clients))
  const first = random.pick(servers).name
  const others = servers.map((server) => server.name).filter((server) => server !== first)
  const atMs = Math.floor(random.between(fromMs, toMs))
  return { kind: 'twin', atMs, client: name, servers: [first, ...others] }
}

function drawAcross(random: Random, { clients, servers }: FaultGround, cut: PartitionFault): TwinFault {
  const inside = new Set(cut.side)
  const { name } = random.pick(numbered(clients).filter((client) => inside.has(client.name)))
  const outside = servers.map((server) => server.name).filter((server) => !inside.has(server))
  const first = random.pick(outside)
  const atMs = Math.floor(cut.atMs + random.between(0.1, 0.9) * cut.forMs)
  return { kind: 'twin', atMs, client: name, servers: [first, ...outside.filter((other) => other !== first)] }
}

/** A client with a session and a server on this side, and a server on the other. */
function partsAny(fault: PartitionFault, { clients, servers }: FaultGround): boolean {
  if (fault.direction !== 'both' || fault.against !== undefined) return false
  const inside = new Set(fault.side)
  return (
    fault.forMs >= shortestPartitionMs &&
    numbered(clients).some(({ name }) => inside.has(name)) &&
    servers.some(({ name }) => inside.has(name)) &&
    servers.some(({ name }) => !inside.has(name))
  )
}

const numbered = (clients: FaultGround['clients']): FaultGround['clients'] =>
  clients.filter(({ program }) => program !== 'plain')

export function strikeTwin(scene: FaultScene, fault: TwinFault): void {
  scene.startTwin(`${fault.client}-twin`, fault.client, fault.servers)
}
