/** What one size of network costs: messages, latency, healing, and what each server must know of the others. */
import type { Platform } from '@jwp/protocol'
import type { ServerProcess } from '../processes/server-process.js'
import type { World } from '../world.js'
import { DeliveryTimes, quantile } from './delivery-times.js'
import { growthWorld, linkLatencyMs, settledWithinMs } from './growth-world.js'
import { Traffic } from './traffic.js'
import { isOneTree, treeShape } from './tree-shape.js'

export interface LoadFigures {
  /** Published per link latency by all together. */
  readonly perLatency: number
  readonly activities: number
  /** To all clients together. */
  readonly deliveries: number
  /** Messages on links between servers, and to the clock, for each activity; heartbeats of idle links not counted. */
  readonly messagesPerActivity: number
  readonly orderPerActivity: number
  readonly stabilityPerActivity: number
  /** Client to client, in link latencies: the two links between client and server are part of it. */
  readonly latencyMedian: number
  readonly latencyP99: number
}

export interface GrowthFigures {
  readonly servers: number
  readonly depth: number
  readonly loads: readonly LoadFigures[]
  /** From the crash until all servers are in one tree again, in link latencies. */
  readonly innerCrashHealing: number
  readonly rootCrashHealing: number
  /** Addresses and ids of others that one server keeps, as JSON, in bytes. */
  readonly stateMedianBytes: number
  readonly stateMaxBytes: number
}

export interface GrowthLoad {
  /** Of all publishers together, per link latency. */
  readonly perLatency: number
  readonly forMs: number
}

const publishers = 20
const listeners = 20
/** A network that grew a moment ago still announces its new members to all servers. */
const calmMs = 5_000

/**
 * @param say progress, since the larger sizes take minutes
 */
export function measureGrowth(
  servers: number,
  loads: readonly GrowthLoad[],
  platform: Platform,
  say: (what: string) => void,
): GrowthFigures {
  const figures: LoadFigures[] = []
  for (const load of loads) {
    say(`${servers} servers, ${load.perLatency} activities per link latency`)
    figures.push(measureLoad(servers, load, platform))
  }
  say(`${servers} servers, state and crashes`)
  const world = grow(servers, 0, platform).world
  const { depth } = treeShape(world)
  const bytes = world.alive().map((server) => JSON.stringify(server.core.inspect().acquaintances()).length)
  const innerCrashHealing = heal(world, innerServer(world))
  world.advance(calmMs)
  const rootCrashHealing = heal(world, rootOf(world))
  return {
    servers,
    depth,
    loads: figures,
    innerCrashHealing,
    rootCrashHealing,
    stateMedianBytes: quantile(bytes, 0.5),
    stateMaxBytes: quantile(bytes, 1),
  }
}

function measureLoad(servers: number, { perLatency, forMs }: GrowthLoad, platform: Platform): LoadFigures {
  const { world, traffic, times } = grow(servers, perLatency, platform)
  traffic.reset()
  times.reset()
  world.advance(forMs)
  for (const client of world.clients) client.stopPublishing()
  // What is under way arrives, and its reports go up.
  world.advance(calmMs)
  if (times.timesMs.length !== times.published * world.clients.length)
    throw new Error(
      `of ${times.published} activities some clients lack some: ${times.timesMs.length} deliveries`,
    )
  const { log, order, stability, other } = traffic.counts
  const per = (count: number): number => count / times.published
  return {
    perLatency,
    activities: times.published,
    deliveries: times.timesMs.length,
    messagesPerActivity: per(log + order + stability + other),
    orderPerActivity: per(order),
    stabilityPerActivity: per(stability),
    latencyMedian: quantile(times.timesMs, 0.5) / linkLatencyMs,
    latencyP99: quantile(times.timesMs, 0.99) / linkLatencyMs,
  }
}

function grow(
  servers: number,
  perLatency: number,
  platform: Platform,
): { world: World; traffic: Traffic; times: DeliveryTimes } {
  const traffic = new Traffic()
  const times: DeliveryTimes = new DeliveryTimes(() => world.queue)
  const world: World = growthWorld(
    {
      seed: servers,
      servers,
      maxChildren: 8,
      publishers: perLatency === 0 ? 0 : publishers,
      publishEveryMs: (publishers * linkLatencyMs) / Math.max(perLatency, Number.EPSILON),
      listeners: perLatency === 0 ? 0 : listeners,
    },
    platform,
    [traffic, times],
  )
  const isSettled = (): boolean =>
    world.servers.length === servers &&
    isOneTree(world) &&
    world.clients.length === (perLatency === 0 ? 0 : publishers + listeners) &&
    world.clients.every((client) => client.isLoggedIn)
  if (!world.advanceUntil(isSettled, settledWithinMs(servers), 500))
    throw new Error(`${servers} servers did not settle: ${JSON.stringify(treeShape(world))}`)
  world.advance(calmMs)
  return { world, traffic, times }
}

/** From the crash on, in link latencies: the reset, the search and the walk to the root are part of it. */
function heal(world: World, victim: ServerProcess): number {
  const fromMs = world.elapsedMs
  world.crash(victim)
  // One link later its neighbours have seen the reset.
  world.advance(linkLatencyMs + 1)
  if (!world.advanceUntil(() => isOneTree(world), 600_000, 1))
    throw new Error(`it does not heal: ${JSON.stringify(treeShape(world))}`)
  return (world.elapsedMs - fromMs) / linkLatencyMs
}

function rootOf(world: World): ServerProcess {
  return world.alive().find((server) => server.core.inspect().role === 'root')!
}

/** A child of the root with children of its own; in a small network any child. */
function innerServer(world: World): ServerProcess {
  const root = rootOf(world)
  const below = world.alive().filter((server) => server.core.inspect().parent === root.id)
  return below.find((server) => server.core.inspect().childIds.length > 0) ?? below[0]!
}
