/** A whole run as plain data: it can be printed, replayed, and made smaller. */
import type { AckLevel } from '@jwp/protocol'
import type { Limits, Timing } from '@jwp/server/core'
import type { Fault } from '../faults/fault.js'
import type { NetworkShape } from '../network/network.js'
import type { DiskPace } from '../processes/disk.js'

export interface ServerPlan {
  readonly name: string
  /** Name of the server that it is told to join; undefined: founds the tree. */
  readonly remote: string | undefined
  /** Servers that it remembers from before this world began. Default none. */
  readonly contacts?: readonly string[]
  /** When it is started, in milliseconds since the beginning. */
  readonly startAtMs: number
  /** How far its clock is off, in whole milliseconds. */
  readonly skewMs: number
  /** Keeps its state on a disk that outlives it. Default false. */
  readonly disk?: boolean
  /** It was started by another server, and ends when it is not needed. Default false. */
  readonly isGrown?: boolean
}

export interface ClientPlan {
  readonly name: string
  /**
   * Uses `@jwp/client`, was written from docs/protocol.md without its code (default), knows no features at all, or
   * only logs in, everywhere.
   */
  readonly program?: 'library' | 'independent' | 'plain' | 'visitor'
  /** Library and plain clients: the name that it registers first. Absent: anonymous. */
  readonly username?: string
  /** Names of the servers that it knows from the start. */
  readonly servers: readonly string[]
  readonly startAtMs: number
  readonly ackLevel: AckLevel
  /** Mean time between two messages; undefined: only listens. */
  readonly publishEveryMs: number | undefined
  /** Library clients: longer lines of activities they cannot take. Default: they take all. */
  readonly mostLineBytes?: number
}

/** Servers with `--max-clients` and `--autoscale`, and what happens when they start others. */
export interface GrowthPlan {
  readonly maxClients: number
  readonly maxServers: number
  readonly endWhenIdleMs: number
  /** From the request to the first message of the new server, in milliseconds, from and to. */
  readonly startTakesMs: readonly [number, number]
  /** Share of starts that fail, after the same time; some of them silently. */
  readonly failing: number
}

export interface VisitPlan {
  /**
   * Speaks the old protocol, or asks for log positions and presence and confirms what it has received: written from
   * docs/protocol.md, or with `@jwp/client`.
   */
  readonly program: 'plain' | 'careful' | 'library'
  /** Names of the servers that it tries, in this order. */
  readonly servers: readonly string[]
  readonly startAtMs: number
  /** Undefined: stays. */
  readonly staysMs?: number
  /** LOGOUT, or SIGKILL. */
  readonly ends: 'logout' | 'kill'
}

/** A named user who comes and goes; each time as a process that knows nothing of the last one. */
export interface UserPlan {
  readonly name: string
  /** May overlap: two connections of one name at once. */
  readonly visits: readonly VisitPlan[]
}

export interface WorldPlan {
  readonly seed: number
  readonly servers: readonly ServerPlan[]
  readonly clients: readonly ClientPlan[]
  /** Default: none. */
  readonly users?: readonly UserPlan[]
  readonly faults: readonly Fault[]
  readonly network: NetworkShape
  readonly maxChildren: number
  /** Timers that differ from the simulated ones in this world. */
  readonly timing?: Partial<Timing>
  /** Limits that differ from the usual ones in this world. */
  readonly limits?: Partial<Limits>
  /** Servers announce their loads and send clients on to those that have fewer. Default false. */
  readonly balance?: boolean
  /** Absent: any number of clients anywhere, and no server starts others. */
  readonly growth?: GrowthPlan
  /** How long one write of a disk takes, in milliseconds, from and to. Default 0.5 to 3. */
  readonly diskPaceMs?: DiskPace
  /** Whether messages between servers go through the codec. */
  readonly codec: boolean
  /** How long faults may strike; then the world heals. */
  readonly harmMs: number
  /** Within this long after the harm everything must be whole. */
  readonly healWithinMs: number
}
