/** Whether clients are spread evenly, in worlds whose servers balance them. */
import type { World } from '../world.js'

/** Clients that one server may have more than another. */
const mostApart = 2

/** What is uneven, in words; undefined: nothing is. */
export function whyNotEven(world: World): string | undefined {
  if (world.plan.balance !== true) return undefined
  const loads = world.alive().map((server) => ({ name: server.host, clients: server.core.status().clients }))
  const most = loads.reduce((a, b) => (b.clients > a.clients ? b : a))
  const least = loads.reduce((a, b) => (b.clients < a.clients ? b : a))
  if (most.clients - least.clients <= mostApart) return undefined
  return `${most.name} has ${most.clients} clients, ${least.name} ${least.clients}`
}
