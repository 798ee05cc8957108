/** What a client's core is told at its start. */
import type { AckLevel, Endpoint } from '@jwp/protocol'
import { anonymous } from '@jwp/protocol'

export interface ClientOptions {
  /** Where to begin, preferred ones first. Servers of the same network learn of each other; name two or three. */
  readonly seeds: readonly Endpoint[]
  readonly username: string
  /** Undefined for `anonymous`. */
  readonly secret: string | undefined
  /** When a publish counts as done. */
  readonly ackLevel: AckLevel
  /** Seeds jitter, so that a simulated run can be replayed. */
  readonly randomSeed: number
  readonly timing: ClientTiming
  readonly limits: ClientLimits
}

/** All in milliseconds. */
export interface ClientTiming {
  /** A connection that does not open for this long is given up. Raise: slow networks. Lower: silent hosts cost less. */
  readonly connectWaitMs: number
  /** A login without answer for this long is given up. The server itself decides or says `not decided` before. */
  readonly loginWaitMs: number
  /** A server that does not log what we sent for this long is left. Raise: fewer moves while a network heals. */
  readonly ackWaitMs: number
  /** A server that says nothing for this long is asked whether it lives. */
  readonly pingEveryMs: number
  /** …and left if it says nothing for this long after. Raise: silent failures heal later. Lower: busy servers are left. */
  readonly pingWaitMs: number
  /** What was handled is confirmed this often. */
  readonly deliveredEveryMs: number
  /** When no server let us in, the next round waits this long, doubled each time, times 0.5 to 1.5… */
  readonly retryMinMs: number
  /** …up to this. */
  readonly retryMaxMs: number
  /** A login that held for this long was a good one: only then does a loss start a new round at once. */
  readonly stableAfterMs: number
  /** Not logged in for this long since the start: stop. Infinity: never. */
  readonly firstLoginWithinMs: number
  /** Not logged in for this long after a loss: stop. Infinity: never. */
  readonly reloginWithinMs: number
}

export interface ClientLimits {
  /** Messages sent and not yet logged. The server refuses more than 1,000. */
  readonly maxInFlight: number
  /** Messages waiting for room in flight or for a server. A publish beyond this fails at once. */
  readonly maxQueued: number
  /** Logged messages of our own still kept, to send them again if the servers that logged them are lost. */
  readonly keptAfterLogged: number
  /**
   * Publishers whose last number is remembered, to drop what comes twice after a healing; about 150 bytes each. The
   * half of them heard last is always known. Lower: after a replay that spans more publishers, some come twice.
   */
  readonly maxRememberedPublishers: number
  /** Redirects followed in a row. */
  readonly maxRedirects: number
}

export const defaultClientTiming: ClientTiming = {
  connectWaitMs: 2_000,
  loginWaitMs: 15_000,
  ackWaitMs: 5_000,
  pingEveryMs: 2_000,
  pingWaitMs: 3_000,
  deliveredEveryMs: 5_000,
  retryMinMs: 50,
  retryMaxMs: 5_000,
  stableAfterMs: 1_000,
  firstLoginWithinMs: 10_000,
  reloginWithinMs: Infinity,
}

export const defaultClientLimits: ClientLimits = {
  maxInFlight: 900,
  maxQueued: 10_000,
  keptAfterLogged: 1_000,
  maxRememberedPublishers: 100_000,
  maxRedirects: 5,
}

/** An anonymous client with all defaults; change what differs. */
export function clientOptions(
  options: Partial<Omit<ClientOptions, 'timing' | 'limits'>> & {
    readonly seeds: readonly Endpoint[]
    readonly timing?: Partial<ClientTiming>
    readonly limits?: Partial<ClientLimits>
  },
): ClientOptions {
  return {
    username: anonymous,
    secret: undefined,
    ackLevel: 'logged',
    randomSeed: 1,
    ...options,
    timing: { ...defaultClientTiming, ...options.timing },
    limits: { ...defaultClientLimits, ...options.limits },
  }
}
