/** Whether the tree stays shallow while servers come and go. */
import { Random, type Platform } from '@jwp/protocol'
import { introduceUnknownServers } from '../acquaintance.js'
import { growthWorld, nameOf, settledWithinMs } from './growth-world.js'
import { isOneTree, treeShape } from './tree-shape.js'

export interface ChurnFigures {
  readonly servers: number
  readonly maxChildren: number
  /** Failures and joins, taken together. */
  readonly events: number
  /** Joined through a server that died at once, knew no other server, and had to be started again. */
  readonly introduced: number
  readonly depthBefore: number
  readonly depthAfter: number
  /** Of the full tree of that size and fan-out. */
  readonly depthAtBest: number
}

const betweenMs = 100

/** Half of the events are crashes of any server, the root included; half are joins through any server. */
export function measureChurn(
  servers: number,
  maxChildren: number,
  events: number,
  platform: Platform,
): ChurnFigures {
  const random = new Random(servers * 31 + maxChildren)
  const settings = { seed: servers, servers, maxChildren, publishers: 0, listeners: 0, publishEveryMs: 1 }
  const world = growthWorld(settings, platform, [])
  const isSettled = (): boolean => world.servers.length === servers && isOneTree(world)
  if (!world.advanceUntil(isSettled, settledWithinMs(servers), 500)) throw new Error('it did not settle')
  const depthBefore = treeShape(world).depth
  let started = servers
  for (let event = 0; event < events; event++) {
    const alive = world.alive()
    const one = alive[random.below(alive.length)]!
    if (event % 2 === 0) world.crash(one)
    else world.addServer({ name: nameOf(started++), remote: one.host, startAtMs: 0, skewMs: 0 })
    world.advance(betweenMs)
  }
  let introduced = 0
  // A server that joined through one that died at once, before it had named others, knows no living server.
  for (let tries = 0; tries < 5 && !world.advanceUntil(() => isOneTree(world), 30_000, 500); tries++)
    introduced += introduceUnknownServers(world).length
  if (!isOneTree(world)) throw new Error(`not one tree in the end: ${JSON.stringify(treeShape(world))}`)
  return {
    servers,
    maxChildren,
    events,
    introduced,
    depthBefore,
    depthAfter: treeShape(world).depth,
    depthAtBest: bestDepth(world.alive().length, maxChildren),
  }
}

/** Links from the lowest level of a full tree to its root. */
export function bestDepth(servers: number, maxChildren: number): number {
  let depth = 0
  let level = 1
  for (let room = 1; room < servers; room += level) {
    depth++
    level *= maxChildren
  }
  return depth
}
