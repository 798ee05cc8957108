/**
 * The connected users, as the log says, when the network has been one tree for a while: those who are, and no others.
 */
import { LibraryClient } from '../processes/library-client.js'
import { PlainClient } from '../processes/plain-client.js'
import { VisitClient } from '../processes/visit-client.js'
import type { World } from '../world.js'

/** What is wrong, in words; undefined: nothing. */
export function whyPresenceIsWrong(world: World): string | undefined {
  const [server] = world.alive()
  const told = server!.core
    .inspect()
    .presence()
    .users.flatMap(([name, { connections }]) => connections.map(([home]) => `${name} at ${home}`))
    .sort()
  const is = connectionsOf(world).sort()
  if (told.join() !== is.join()) return `connected are ${is.join(', ')}; the log tells of ${told.join(', ')}`
  const online = [...new Set(is.map((text) => text.split(' ')[0]!))].sort().join()
  for (const client of world.clients) {
    if (!(client instanceof VisitClient || client instanceof LibraryClient)) continue
    if (!client.isAlive || !client.isCareful || client.online === undefined) continue
    const heard = [...client.online].sort().join()
    if (heard !== online) return `${client.host} was told of ${heard}; connected are ${online}`
  }
  return undefined
}

function connectionsOf(world: World): string[] {
  return world.clients.flatMap((client) => {
    const username = nameOf(client)
    if (!client.isAlive || client.endpoint === undefined || username === undefined) return []
    return [`${username} at ${world.serverAt(client.endpoint)?.id}`]
  })
}

function nameOf(client: World['clients'][number]): string | undefined {
  if (client instanceof LibraryClient) return client.account?.username
  if (client instanceof VisitClient) return client.account.username
  return client instanceof PlainClient ? client.options.username : undefined
}
