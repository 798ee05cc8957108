/**
 * After healing everything becomes whole if every fragment knows one live address outside itself. Where crashes have
 * left servers that know nobody alive, the operator of such a server starts it again with an address that works,
 * as an operator would.
 */
import type { ServerProcess } from './processes/server-process.js'
import type { World } from './world.js'

/** @returns the names of the servers that had to be started again */
export function introduceStrangers(world: World): string[] {
  const groups = groupsOfAcquaintance(world.alive())
  groups.sort((a, b) => b.length - a.length)
  const [main, ...strangers] = groups
  const introduced: string[] = []
  for (const server of strangers.flat()) {
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
  for (const server of alive) {
    for (const host of hostsKnownTo(server)) {
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

/** Whom it would ask. A child asks nobody while it has a parent, but passes up whom it was told to join. */
function hostsKnownTo(server: ServerProcess): string[] {
  const { role, childIds } = server.core.inspect()
  const { remote } = server.options
  const known = childIds.map((id): string => id.slice(0, id.lastIndexOf('#')))
  if (remote !== undefined) known.push(remote.host)
  if (role !== 'child') for (const { host } of server.contacts) known.push(host)
  return known
}
