/** Draws a run from its seed. Swarm style: each seed has its own mix, since an average mix never hits the corners. */
import { Random, type AckLevel } from '@jwp/protocol'
import type { Limits, Timing } from '@jwp/server/core'
import { drawCalendars } from '../faults/calendar-fault.js'
import { drawClockHangs } from '../faults/clock-fault.js'
import { drawForeignServers } from '../faults/foreign-fault.js'
import { drawLongLineFaults } from '../faults/long-line-fault.js'
import { drawFaults, type FaultFamily } from '../faults/draw-faults.js'
import type { Fault } from '../faults/fault.js'
import type { FaultGround } from '../faults/fault-scene.js'
import { withBriefPartitions } from '../faults/partitions.js'
import { drawTwins } from '../faults/twin-fault.js'
import type { DiskPace } from '../processes/disk.js'
import { longestPartitionMs } from '../simulated-timing.js'
import { drawLongLines } from './draw-lines.js'
import { drawUsers } from './draw-users.js'
import type { ClientPlan, ServerPlan, WorldPlan } from './world-plan.js'

/** Fast, like most disks; and slower than the network, so that a claim made before the write is done shows. */
const diskPacesMs: readonly DiskPace[] = [
  [0.2, 2],
  [0.5, 15],
  [20, 80],
  [50, 150],
]

const ackLevels: readonly AckLevel[] = ['held', 'logged', 'everywhere']

/** Of the worlds of any mix. */
const usualShareWithUsers = 0.25

export function drawPlan(seed: number, families: readonly FaultFamily[]): WorldPlan {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x5eed)
  // Small worlds find most mistakes and run fastest; big ones find the rest.
  const serverCount = random.chance(0.7) ? 2 + random.below(6) : 2 + random.below(14)
  // Where the power may fail, the run is about disks.
  const isAboutDisks = families.includes('blackout') && !families.includes('partition')
  const disks = isAboutDisks
    ? random.pick(['none', 'some', 'all', 'all', 'all', 'all'] as const)
    : random.pick(['none', 'none', 'none', 'some', 'all'] as const)
  const servers = drawServers(random, serverCount, disks, families.length > 0)
  // Not where time is all that goes wrong: with the network, all machines have calendars of their own.
  const calendars = families.includes('partition') && drawsCalendars(seed)
  const clients = drawClients(random, servers)
  const balanced = drawBusyServers(seed, servers)
  const partitions = random.chance(0.7) ? 'brief' : random.chance(0.9) ? 'any' : 'long'
  const harmMs = partitions === 'long' ? 20_000 + random.below(3) * 5_000 : 5_000 + random.below(4) * 1_000
  const isFar = families.includes('far')
  const forgets = !isFar && partitions === 'brief' && drawForgetting(seed)
  const people = drawUsers(seed, servers, families.includes('visits') ? 1 : usualShareWithUsers, harmMs - 500)
  const named = drawNames(seed, [...clients, ...balanced])
  const ground: FaultGround = { servers, clients, fromMs: 1_500, toMs: harmMs, partitions, disks }
  const longLines = forgets || families.length === 0 ? [] : drawLongActivities(seed, named, ground)
  const faults = withMore(
    drawFaults(random, ground, families),
    [
      ...(calendars ? drawCalendars(new Random(seed ^ 0xca1f), ground) : []),
      ...(families.includes('restart') ? drawForeign(seed, ground) : []),
      ...(families.includes('partition') ? drawHangs(seed, ground) : []),
      ...longLines,
    ],
    ground,
  )
  const twins = families.length > 0 ? drawTwins(seed, ground, faults) : []
  return {
    seed,
    servers: calendars ? withCalendarsOff(seed, servers) : servers,
    clients: [...withShortLines(named, longLines), ...drawVisitors(seed, servers)],
    ...(people.users.length > 0 ? { users: people.users } : {}),
    ...(balanced.length > 0 ? { balance: true } : {}),
    faults: [...faults, ...twins].sort((a, b) => a.atMs - b.atMs),
    network: isFar
      ? drawLongLines(seed)
      : {
          latencyMs: [random.between(1, 10), random.between(10, 20)],
          jitter: random.pick([0, 0.2, 1, 3]),
        },
    maxChildren: random.pick([2, 3, 8]),
    timing: drawTiming(seed),
    limits: {
      ...drawLimits(random),
      ...(random.chance(0.12) ? { batchEntries: random.pick([2, 7]) } : {}),
      ...drawSnapshotRows(seed),
      ...(forgets ? { sessionLifetimeMs } : {}),
      ...people.limits,
    },
    ...(disks === 'none' ? {} : { diskPaceMs: random.pick(diskPacesMs) }),
    codec: random.chance(0.1),
    harmMs: forgets ? harmMs + 2 * sessionLifetimeMs : harmMs,
    healWithinMs: isFar ? 120_000 : 30_000,
  }
}

/** Longer than any client is away. Otherwise a living client would be forgotten. */
const sessionLifetimeMs = 9_000

/**
 * Some worlds go on after the faults, until the sessions of dead clients are forgotten. Drawn apart, like the flags.
 */
function drawForgetting(seed: number): boolean {
  return new Random(seed ^ 0xf03e7).chance(0.03)
}

/** In some worlds calendars are set, by days, and machines sleep. Drawn apart, so that the others are what they were. */
function drawsCalendars(seed: number): boolean {
  return new Random(seed ^ 0xca1e).chance(0.25)
}

function withMore(
  faults: readonly Fault[],
  more: readonly Fault[],
  { servers, partitions }: FaultGround,
): Fault[] {
  const all = [...faults, ...more].sort((a, b) => a.atMs - b.atMs)
  if (partitions !== 'brief' || more.length === 0) return all
  return withBriefPartitions(all, new Set(servers.map((server) => server.name)), longestPartitionMs)
}

/** In some worlds a server of the wrong version is installed. Drawn apart, so that the others are what they were. */
function drawForeign(seed: number, ground: FaultGround): Fault[] {
  const random = new Random(seed ^ 0xf04e1e)
  return random.chance(0.1) ? drawForeignServers(random, ground) : []
}

/** In some worlds a connection to the clock dies silently. Drawn apart, so that the others are what they were. */
function drawHangs(seed: number, ground: FaultGround): Fault[] {
  const random = new Random(seed ^ 0xc10c4)
  return random.chance(0.15) ? drawClockHangs(random, ground) : []
}

/** The longest line that some readers take in some worlds: usual lines are shorter. */
const mostLineBytes = 500

/**
 * Drawn apart, so that the others are what they were. Without names, because backlogs that pass over such lines are
 * not judged.
 */
function drawLongActivities(seed: number, clients: readonly ClientPlan[], ground: FaultGround): Fault[] {
  const random = new Random(seed ^ 0x10c71)
  if (!random.chance(0.1)) return []
  const publishers = clients.filter(
    ({ program, publishEveryMs }) => program !== 'plain' && publishEveryMs !== undefined,
  )
  const readers = clients.filter(({ program, username }) => program === 'library' && username === undefined)
  return readers.length === 0 ? [] : drawLongLineFaults(random, publishers, mostLineBytes, ground)
}

/** Every other reader of the library has this limit. */
function withShortLines(clients: readonly ClientPlan[], longLines: readonly Fault[]): ClientPlan[] {
  if (longLines.length === 0) return [...clients]
  let readers = 0
  return clients.map((client) =>
    client.program === 'library' && client.username === undefined && readers++ % 2 === 0
      ? { ...client, mostLineBytes }
      : client,
  )
}

/** The calendars of some machines are days off from the beginning. */
function withCalendarsOff(seed: number, servers: readonly ServerPlan[]): ServerPlan[] {
  const random = new Random(seed ^ 0xca1d)
  const dayMs = 86_400_000
  return servers.map((server) =>
    random.chance(0.4)
      ? { ...server, skewMs: server.skewMs + random.pick([-3 * dayMs, 2 * dayMs, 3 * dayMs]) }
      : server,
  )
}

/** The flags that change when things happen. Drawn apart, so that most worlds are what they were without them. */
function drawTiming(seed: number): Partial<Timing> {
  const random = new Random(seed ^ 0x71e5)
  if (random.chance(0.07)) return { timeBeforeReconnectMs: 300 }
  if (random.chance(0.07)) return { deliverEveryMs: 40 }
  return {}
}

/** In half of the worlds a snapshot comes in many parts, as with a hundred thousand users. Drawn apart, as the flags. */
function drawSnapshotRows(seed: number): Partial<Limits> {
  const random = new Random(seed ^ 0x5a4b5)
  return random.chance(0.5) ? { snapshotRows: random.pick([1, 3]) } : {}
}

/** In some worlds little is kept, so that a client that returns late has missed something and must be told. */
function drawLimits(random: Random): Partial<Limits> {
  if (random.chance(0.75)) return {}
  if (random.chance(0.6)) return { retentionMs: random.pick([1_500, 3_000, 5_000]) }
  return { retentionBytes: random.pick([4_000, 20_000, 60_000]) }
}

function drawServers(
  random: Random,
  count: number,
  disks: 'none' | 'some' | 'all',
  mayFound: boolean,
): ServerPlan[] {
  const servers: ServerPlan[] = []
  const shape = random.pick(['star', 'chain', 'mixed'] as const)
  const lateShare = random.pick([0.15, 0.15, 0.15, 0.6])
  const founders = mayFound && random.chance(0.12) ? 2 + random.below(2) : 1
  for (let i = 0; i < count; i++) {
    // Most join before the faults begin; some join right into them.
    const startAtMs =
      i === 0
        ? 0
        : Math.floor(random.chance(lateShare) ? random.between(1_500, 5_500) : random.between(50, 900))
    // The server to join has mostly started by then: a long row of servers that wait for each other would found
    // separate trees.
    const there = servers.filter((server) => server.startAtMs <= startAtMs || random.chance(0.05))
    const above =
      shape === 'star' ? there[0] : shape === 'chain' ? there.at(-1) : there[random.below(there.length)]
    // Several trees are founded apart, and one server of each remembers the first of them.
    const founds = i > 0 && i < founders
    servers.push({
      name: `s${i}`,
      remote: founds ? undefined : above?.name,
      ...(founds ? { contacts: ['s0'] } : {}),
      startAtMs,
      skewMs: random.chance(0.2) ? Math.floor(random.between(-2_000, 2_000)) : 0,
      ...(disks === 'all' || (disks === 'some' && random.chance(0.5)) ? { disk: true } : {}),
    })
  }
  return servers
}

function drawClients(random: Random, servers: readonly ServerPlan[]): ClientPlan[] {
  const names = servers.map((server) => server.name)
  const count = 2 + random.below(Math.min(5, servers.length + 1))
  const clients: ClientPlan[] = []
  for (let i = 0; i < count; i++) {
    const own = random.pick(names)
    clients.push({
      name: `c${i}`,
      program: random.chance(0.5) ? 'library' : 'independent',
      servers: [own, ...names.filter((name) => name !== own)],
      startAtMs: Math.floor(random.between(200, 1_400)),
      ackLevel: random.pick(ackLevels),
      publishEveryMs: random.chance(0.8) ? random.pick([40, 100, 300]) : undefined,
    })
  }
  return [...clients, ...drawPlainClients(random, names)]
}

/**
 * In some worlds servers balance their clients, and there are enough of them that come to the same few servers. Drawn
 * apart, so that the others are what they were without.
 */
function drawBusyServers(seed: number, servers: readonly ServerPlan[]): ClientPlan[] {
  const random = new Random(seed ^ 0xba1a)
  if (!random.chance(0.2)) return []
  const names = servers.map((server) => server.name)
  const popular = names.slice(0, 1 + random.below(2))
  return Array.from({ length: 6 + random.below(12) }, (_, i): ClientPlan => {
    const own = random.pick(popular)
    const program = random.pick(['library', 'independent', 'plain'] as const)
    return {
      name: `b${i}`,
      program,
      servers: [own, ...names.filter((name) => name !== own)],
      startAtMs: Math.floor(random.between(200, 1_400)),
      ackLevel: random.pick(ackLevels),
      publishEveryMs: random.chance(0.3) ? 300 : undefined,
      ...(program === 'plain' && random.chance(0.5) ? { username: `user${i}` } : {}),
    }
  })
}

/** In some worlds programs that use the library have names. Drawn apart, so that the others are what they were without. */
function drawNames(seed: number, clients: readonly ClientPlan[]): ClientPlan[] {
  const random = new Random(seed ^ 0x4a3e)
  if (!random.chance(0.3)) return [...clients]
  return clients.map((client) =>
    client.program === 'library' && random.chance(0.6)
      ? { ...client, username: `owner-of-${client.name}` }
      : client,
  )
}

/** In some worlds visitors log in at all servers. Drawn apart, so that the others are what they were without them. */
function drawVisitors(seed: number, servers: readonly ServerPlan[]): ClientPlan[] {
  const random = new Random(seed ^ 0x1091)
  if (!random.chance(0.2)) return []
  const names = servers.map((server) => server.name)
  return ['v1', 'v2'].slice(random.below(2)).map((name) => ({
    name,
    program: 'visitor',
    servers: names,
    startAtMs: Math.floor(random.between(200, 3_000)),
    ackLevel: 'logged',
    publishEveryMs: undefined,
  }))
}

/** Some worlds have clients of the old protocol, too; some of those want a name, perhaps the same one. */
function drawPlainClients(random: Random, names: readonly string[]): ClientPlan[] {
  const clients: ClientPlan[] = []
  for (let i = random.chance(0.5) ? 1 + random.below(3) : 0; i > 0; i--) {
    const own = random.pick(names)
    clients.push({
      name: `p${i}`,
      program: 'plain',
      servers: [own, ...names.filter((name) => name !== own)],
      startAtMs: Math.floor(random.between(200, 3_000)),
      ackLevel: 'logged',
      publishEveryMs: random.chance(0.7) ? random.pick([40, 100, 300]) : undefined,
      ...(random.chance(0.5) ? { username: random.pick(['ann', 'ben']) } : {}),
    })
  }
  return clients
}
