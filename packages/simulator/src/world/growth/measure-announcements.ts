/** What it costs that servers tell each other of their clients, while clients come and go. */
import { Random, type LinkId, type Platform, type ServerMessage } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { growthWorld, nameOf, settledWithinMs } from './growth-world.js'
import { isOneTree } from './tree-shape.js'

/** Messages of the whole network per second, by type. */
export interface AnnouncementFigures {
  readonly servers: number
  readonly clients: number
  /** Clients that come, and as many that go, per second in the whole network. */
  readonly comePerSecond: number
  readonly perSecond: Readonly<Record<Announcement, number>>
  /** In the end: the most clients of a server, and the least. */
  readonly mostClients: number
  readonly leastClients: number
}

export const announcements = ['LOADS', 'OFFER', 'REPORT', 'SOME', 'EVERYWHERE'] as const
export type Announcement = (typeof announcements)[number]

const clientsPerServer = 3
const forMs = 20_000
/** Longer than any change still has effects. */
const calmMs = 30_000

export function measureAnnouncements(
  servers: number,
  comePerSecond: number,
  platform: Platform,
): AnnouncementFigures {
  const count = new Count()
  const clients = clientsPerServer * servers
  const settings = { seed: servers, servers, maxChildren: 8, publishers: 0, publishEveryMs: 1 }
  const world = growthWorld({ ...settings, listeners: clients, balance: true }, platform, [count])
  const isSettled = (): boolean =>
    world.servers.length === servers &&
    world.clients.length === clients &&
    world.clients.every((client) => client.isLoggedIn) &&
    isOneTree(world)
  if (!world.advanceUntil(isSettled, settledWithinMs(servers) + clients, 500))
    throw new Error(`${servers} servers and their clients did not settle`)
  world.advance(calmMs)
  count.reset()
  if (comePerSecond === 0) world.advance(forMs)
  else comeAndGo(world, comePerSecond)
  const perSecond = count.perSecond(forMs / 1_000)
  world.advance(calmMs)
  const loads = world.alive().map((server) => server.core.status().clients)
  return {
    servers,
    clients,
    comePerSecond,
    perSecond,
    mostClients: Math.max(...loads),
    leastClients: Math.min(...loads),
  }
}

/** Each new client comes to a server of its own choice; any client may leave. */
function comeAndGo(world: World, comePerSecond: number): void {
  const random = new Random(world.plan.seed)
  const servers = world.plan.servers.length
  const betweenMs = 1_000 / comePerSecond
  for (let event = 0; event * betweenMs < forMs; event++) {
    const alive = world.clients.filter((client) => client.isAlive)
    world.crashClient(random.pick(alive).options.name)
    world.advance(betweenMs / 2)
    const own = random.below(servers)
    world.startClient({
      name: `new${event}`,
      program: 'plain',
      servers: [nameOf(own)],
      startAtMs: 0,
      ackLevel: 'logged',
      publishEveryMs: undefined,
    })
    world.advance(betweenMs / 2)
  }
}

class Count implements Observer {
  #counts = new Map<string, number>()

  reset(): void {
    this.#counts = new Map()
  }

  perSecond(seconds: number): Record<Announcement, number> {
    const rates = announcements.map((type) => [type, (this.#counts.get(type) ?? 0) / seconds])
    return Object.fromEntries(rates) as Record<Announcement, number>
  }

  serverSends(_server: ServerProcess, _link: LinkId, { type }: ServerMessage): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1)
  }
}
