/** A network of many servers, in one tree and healthy: what grows with their number is measured in it. */
import { Random, type Platform } from '@jwp/protocol'
import type { Timing } from '@jwp/server/core'
import type { ClientPlan, ServerPlan } from '../plan/world-plan.js'
import { simulatedTiming } from '../simulated-timing.js'
import { World } from '../world.js'
import type { Observer } from '../observers.js'

/** One link, one way, in milliseconds: the unit of all times that are told. */
export const linkLatencyMs = 10

export interface GrowthSettings {
  readonly seed: number
  readonly servers: number
  readonly maxChildren: number
  /** Clients that publish, each at a server of its own choice… */
  readonly publishers: number
  /** …one message each in this time, on average. */
  readonly publishEveryMs: number
  /** Clients that only listen. */
  readonly listeners: number
  /** Servers balance their clients. Default false: clients stay where the measurement has put them. */
  readonly balance?: boolean
}

/**
 * Idle links send heartbeats less often than in small worlds: with 10,000 servers the run would consist of heartbeats
 * only.
 */
const timing: Partial<Timing> = { heartbeatEveryMs: 2_000, silenceLimitMs: 8_000 }
/** Time between two starts of servers: some fifty are joining at any moment. */
const joinEveryMs = 5
/** The first server is up before the others look for it. */
const firstJoinMs = 100

/** All servers are told to join the first one, which sends them on when it is full. */
export function growthWorld(
  settings: GrowthSettings,
  platform: Platform,
  observers: readonly Observer[],
): World {
  const { seed, servers, maxChildren } = settings
  const random = new Random(seed)
  return new World(
    {
      seed,
      servers: Array.from({ length: servers }, (_, i): ServerPlan => {
        const remote = i === 0 ? undefined : nameOf(0)
        return { name: nameOf(i), remote, startAtMs: i === 0 ? 0 : firstJoinMs + i * joinEveryMs, skewMs: 0 }
      }),
      clients: drawClients(settings, random),
      faults: [],
      network: { latencyMs: [linkLatencyMs, linkLatencyMs], jitter: 0 },
      maxChildren,
      ...(settings.balance === true ? { balance: true } : {}),
      timing,
      codec: false,
      harmMs: 0,
      healWithinMs: 0,
    },
    platform,
    observers,
  )
}

/** Longest time that a settled network of this size needs to be settled, in milliseconds from its beginning. */
export function settledWithinMs(servers: number): number {
  return clientsStartMs(servers) + 600_000
}

function clientsStartMs(servers: number): number {
  return firstJoinMs + servers * joinEveryMs + simulatedTiming.graceMs
}

export const nameOf = (i: number): string => `s${i}`

function drawClients(settings: GrowthSettings, random: Random): ClientPlan[] {
  const { servers, publishers, listeners, publishEveryMs } = settings
  return Array.from({ length: publishers + listeners }, (_, i): ClientPlan => {
    const publishes = i < publishers
    return {
      name: `${publishes ? 'p' : 'l'}${i}`,
      program: 'plain',
      servers: [nameOf(random.below(servers))],
      startAtMs: clientsStartMs(servers) + i,
      ackLevel: 'logged',
      publishEveryMs: publishes ? publishEveryMs : undefined,
    }
  })
}
