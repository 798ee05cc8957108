/**
 * Clients that lose their server go to the nearest one and stay there, so that after many faults all sit at one. Then
 * messages would come from one server only: before each round a crowd is scattered.
 */
import type { AudienceMember } from '../demo/audience-member.js'
import { waitUntil } from '@jwp/transport'
import type { Fleet } from './fleet.js'

const limitMs = 5_000

/** Resolves when every client is connected again, or when that takes too long. */
export async function spreadClients(fleet: Fleet, audience: readonly AudienceMember[]): Promise<void> {
  const overloaded = fleet.names.find((name) => clientsAt(fleet, audience, name) > audience.length / 2)
  if (overloaded === undefined) return
  const before = clientsAt(fleet, audience, overloaded)
  fleet.scatterClients(overloaded)
  await waitUntil(() => clientsAt(fleet, audience, overloaded) < before, { everyMs: 10, limitMs: limitMs })
}

function clientsAt(fleet: Fleet, audience: readonly AudienceMember[], name: string): number {
  return audience.filter((member) => fleet.nameAt(member.server) === name).length
}
