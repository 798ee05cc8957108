/**
 * I4 and I5: one root, all servers below it, the same log everywhere, nothing waiting, every client up to date; and
 * the root is back on the clock's time.
 */
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { whyNotEven } from './evenness.js'

/** What is not whole yet, in words; undefined: everything is. */
export function whyNotConverged(world: World): string | undefined {
  const alive = world.alive()
  const inspections = alive.map((server) => ({ server, ...server.core.inspect() }))
  const roots = inspections.filter(({ role }) => role === 'root')
  if (roots.length !== 1) return `${roots.length} roots: ${roots.map(({ server }) => server.host).join(' ')}`
  const root = roots[0]!
  const byId = new Map(inspections.map((inspection) => [inspection.server.id, inspection]))
  for (const { server, role, parent, lineage, lastIndex, commit, applied, pendingCount } of inspections) {
    const name = server.host
    if (role === 'orphan') return `${name} is an orphan`
    if (role === 'child') {
      const above = parent === undefined ? undefined : byId.get(parent)
      if (above === undefined) return `${name}'s parent ${parent} is not alive`
      if (!above.childIds.includes(server.id)) return `${above.server.host} does not know its child ${name}`
    }
    if (lastIndex !== root.lastIndex)
      return `${name}'s log ends at ${lastIndex}, the root's at ${root.lastIndex}`
    if (JSON.stringify(lineage) !== JSON.stringify(root.lineage))
      return `${name}'s lineage differs from the root's`
    if (commit !== lastIndex || applied !== lastIndex)
      return `${name} has committed ${commit} and applied ${applied} of ${lastIndex}`
    if (pendingCount > 0) return `${name} has ${pendingCount} entries waiting`
  }
  if (root.clockMode === 'hybrid' && world.clock.isAlive && !world.clock.refuses(root.server.host))
    return `${root.server.host} stamps without the clock, which is there`
  return whyClientsWait(world, root.server) ?? whyNotEven(world)
}

function whyClientsWait(world: World, root: ServerProcess): string | undefined {
  const { lastIndex, entryAt } = root.core.inspect()
  let visible = lastIndex
  while (visible > 0 && !['activity', 'marker'].includes(entryAt(visible)?.kind ?? '')) visible--
  for (const client of world.clients) {
    if (!client.isAlive) continue
    const { name } = client.options
    const why = client.whyWaiting(visible)
    if (why !== undefined) return `${name} ${why}`
    if (client.endpoint !== undefined && world.serverAt(client.endpoint) === undefined)
      return `${name} has not noticed that its server is gone`
  }
  return undefined
}
