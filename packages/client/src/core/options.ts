/** What a client's core is given at its start. */
import type { AckLevel, Endpoint } from '@jwp/protocol'

export interface ClientOptions {
  /** Servers to begin with; later ones are learned. At least one. */
  readonly seeds: readonly Endpoint[]
  readonly username: string
  /** Absent for `anonymous`. */
  readonly secret: string | undefined
  /** When a message counts as safe. `logged` unless there is a reason. */
  readonly ackLevel: AckLevel
  /** Ask for presence: which users come and go. */
  readonly presence: boolean
  /** The holder of the session: a text of this client's own, the same as long as it lives. */
  readonly holder: string
  /** Seeds jitter. */
  readonly seed: number
  readonly limits: ClientLimits
}

/** What holds where nothing is said is in `defaultClientLimits`. */
export interface ClientLimits {
  /** Own messages on their way at once. Below the server's window of 1,000. Raise: more throughput over long lines. */
  readonly windowSize: number
  /** Messages that may wait for the window; beyond it `publish` fails at once. Raise: longer bursts, more memory. */
  readonly maxWaiting: number
  /**
   * Bytes of own messages on their way at once, one message at least. Below the 4 MiB that a server keeps behind a gap.
   * Raise: more throughput over long lines.
   */
  readonly windowBytes: number
  /** Bytes of messages that may wait for the window; beyond it `publish` fails at once. */
  readonly maxWaitingBytes: number
  /** Own messages kept after they were logged, in case a server that lags asks for them again. */
  readonly keptAfterLogged: number
  /** The same in bytes. Lower: less memory, and a session has to be begun anew sooner. */
  readonly keptBytesAfterLogged: number
  /** Publishers whose last number is remembered to drop duplicates. */
  readonly maxPublishers: number
  /** A server that has not logged the oldest message by then is left, in milliseconds. Lower: false alarms while the tree heals. */
  readonly ackWaitMs: number
  /** Silence after which the server is asked whether it lives, in milliseconds. */
  readonly pingEveryMs: number
  /** Silence after which the server is left, in milliseconds. At least twice `pingEveryMs`. */
  readonly silenceLimitMs: number
  /** For one connection to open, in milliseconds; longer at a server that is known, or was found, to be far away. */
  readonly connectWithinMs: number
  /**
   * The longest that this becomes, in milliseconds. Raise: for round trips of more than a second. Lower: a server
   * whose machine is gone without a word delays the search for another one less.
   */
  readonly connectAtMostMs: number
  /** For the answer to LOGIN, in milliseconds. Above the server's own deadline, so that its words arrive. */
  readonly loginWithinMs: number
  /** First pause after every known server was tried in vain, doubling up to `backoffMaxMs`, times 0.5 to 1.5. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /**
   * How often what was handled is confirmed, in log positions. Raise: fewer lines. Lower: less comes twice at the
   * next login under this name after the program was killed.
   */
  readonly confirmEvery: number
  /**
   * The same in milliseconds, counted from the first that is not confirmed; for named users only, since nothing is kept
   * for others. Raise: fewer lines, two per second and client while there is traffic. Lower: as above.
   */
  readonly confirmEveryMs: number
}

export const defaultClientLimits: ClientLimits = {
  windowSize: 900,
  maxWaiting: 100_000,
  windowBytes: 2_097_152,
  maxWaitingBytes: 67_108_864,
  keptAfterLogged: 1_000,
  keptBytesAfterLogged: 16_777_216,
  maxPublishers: 100_000,
  ackWaitMs: 5_000,
  pingEveryMs: 1_000,
  silenceLimitMs: 3_000,
  connectWithinMs: 1_000,
  connectAtMostMs: 4_000,
  loginWithinMs: 12_000,
  backoffMinMs: 25,
  backoffMaxMs: 2_000,
  confirmEvery: 256,
  confirmEveryMs: 500,
}
