/**
 * After healing the network becomes one tree if every fragment knows one live address outside itself. Where crashes
 * have left servers that know no live server, the operator of such a server starts it again with an address that
 * works, as an operator would. And where all live servers have moved, clients may know none of them: then the
 * operator starts the first server again, whose address all were given.
 */
import type { ServerProcess } from './processes/server-process.js'
import type { World } from './world.js'

/** @returns the names of the servers that had to be started again */
export function introduceUnknownServers(world: World): string[] {
  const introduced: string[] = []
  const first = world.plan.servers[0]?.name
  const hasMoved = (server: ServerProcess): boolean => server.options.address.host !== server.host
  if (first !== undefined && world.alive().every(hasMoved) && world.alive().length > 0) {
    world.startServer(first, { remote: world.alive()[0]!.host })
    introduced.push(first)
  }
  const groups = groupsOfAcquaintance(world.alive())
  groups.sort((a, b) => b.length - a.length)
  const [main, ...unknown] = groups
  for (const server of unknown.flat()) {
    server.crash()
    world.startServer(server.host, { remote: main![0]!.host })
    introduced.push(server.host)
  }
  return introduced
}

/** Living servers, grouped by "one knows where the other is". */
function groupsOfAcquaintance(alive: readonly ServerProcess[]): ServerProcess[][] {
  const groupOf = new Map<string, Set<ServerProcess>>()
  for (const server of alive) groupOf.set(server.host, new Set([server]))
  const hostAt = new Map(alive.map(({ host, options }) => [placeOf(options.address), host]))
  for (const server of alive) {
    for (const host of hostsKnownTo(server, hostAt)) {
      const mine = groupOf.get(server.host)!
      const theirs = groupOf.get(host)
      if (theirs === undefined || theirs === mine) continue
      for (const member of theirs) {
        mine.add(member)
        groupOf.set(member.host, mine)
      }
    }
  }
  return [...new Set(groupOf.values())].map((group) => [...group])
}

/**
 * The servers that it would ask, and find: one that has moved is not where others knew it. A child asks none while it
 * has a parent, but passes up its configured parent.
 */
function hostsKnownTo(server: ServerProcess, hostAt: ReadonlyMap<string, string>): string[] {
  const { role, childIds, contacts } = server.core.inspect()
  const { remote, disk } = server.options
  const known = childIds.map((id): string => id.slice(0, id.lastIndexOf('#')))
  // A server without a configured parent does not ask those of the run before.
  const asked = remote === undefined && disk === undefined ? contacts() : server.contacts
  const addresses = role === 'child' ? [] : [...asked]
  if (remote !== undefined) addresses.push(remote)
  for (const address of addresses) {
    const host = hostAt.get(placeOf(address))
    if (host !== undefined) known.push(host)
  }
  return known
}

const placeOf = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`
