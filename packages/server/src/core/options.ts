/** What a server's core is given at its start. */
import type { Address, ClockAddresses } from '@jwp/protocol'
import { maxBatchEntries, maxSnapshotRows } from '@jwp/protocol'
import { coreSection, type CoreSection } from '@jwp/protocol/options'
import type { StoredState } from './storage/store-change.js'
import { serverOptions, type ServerOptionValues } from './server-options.js'

export interface ServerOptions {
  /** This server, and where others reach it. */
  readonly self: Address
  /** A new text for every start of this server. */
  readonly incarnation: string
  /** The server to join (`-rh`, `-rp`, `-s`). Undefined: found a tree at once. */
  readonly remote: Address | undefined
  /**
   * Remembered from the run before, newest first. With `disk` they are the same network; without, they are asked only
   * when `remote` is gone.
   */
  readonly contacts: readonly Address[]
  /**
   * What the run before has stored (`--data`); `{}` at the first start. Undefined: nothing outlives the process, and
   * no `store` effects are made.
   */
  readonly disk?: { readonly restored?: StoredState } | undefined
  /** Used while we are root; a child learns its root's. */
  readonly clock: ClockAddresses
  /** Seeds jitter, so that a simulated run can be replayed. */
  readonly seed: number
  /**
   * Sends clients to servers that have fewer: at their login, and when servers join or leave (default: true). False:
   * this server moves no client; it still announces how many it has, and others may send theirs here.
   */
  readonly balance?: boolean | undefined
  readonly timing: Timing
  readonly limits: Limits
  /** How many clients are served here, and what happens when all servers are full. Default: any number. */
  readonly growth?: GrowthOptions | undefined
}

export interface GrowthOptions {
  /**
   * Most clients that are logged in here at once (`--max-clients`); others are sent to servers that have room. Undefined:
   * any number. Raise: fewer servers, each with more to do. Lower: more servers, each with a copy of the log.
   */
  readonly maxClients?: number | undefined
  /**
   * When all servers are full, start another one (`--autoscale`), as long as the whole network has fewer servers than
   * this (`--autoscale-max`). Undefined: none is started. Raise: more clients get in. Lower: less to pay for.
   */
  readonly maxServers?: number | undefined
  /**
   * We were started by such a server, and leave in order when we have not been needed for so long (`--end-when-idle`).
   * Undefined: we stay. Raise: less coming and going. Lower: idle servers cost less.
   */
  readonly endWhenIdleMs?: number | undefined
}

/** Of these, `server-options.ts` has what users may say; the rest is below. */
export interface Timing extends CoreSection<ServerOptionValues, 'timing'> {
  /**
   * Least time to wait for the answer to one attach or poll; grows with measured latency and depth. Raise: one order
   * holds through longer partitions. Lower: a silently lost root is replaced sooner, after the silence limit and two of
   * these: 1.8 s by default.
   */
  readonly attachTimeoutMs: number
  /** A core orphan waits at least this long for contacts whose connection does not open. */
  readonly pollMinMs: number
  /**
   * After the first server that would take us, how long a nearer ancestor that is connected may still answer. Its
   * answer walks further up than that of the root, so a busy machine needs more than the network. Raise: the tree
   * keeps its shape under load. Lower: an ancestor that hangs costs less.
   */
  readonly nearerAncestorMs: number
  /** Between two polls, times 0.5 to 1.5. Lower: heals sooner, asks more. */
  readonly retryMs: number
  /**
   * Before an orphan that cannot account for all known servers founds its own tree; grows with latency up to five
   * times this.
   */
  readonly graceMs: number
  /** A server with an empty log and a configured parent founds a tree only after this and `graceMs`. */
  readonly freshAloneMs: number
  /**
   * A server without a log asks the servers that it remembers when its configured parent has not answered for this
   * long. Raise: servers that are started all at once get the parents that they were given. Lower: a server whose
   * parent is gone for good joins sooner.
   */
  readonly rememberedAfterMs: number
  /**
   * A server with a configured parent founds no tree while that address takes connections and what answers there is
   * in a tree. If nothing that speaks JWP answers for this long, it reports that and continues as if no server were
   * there. Raise: a parent that hangs is waited for longer. Lower: a parent that is only slow may be left behind.
   */
  readonly configuredParentSilenceMs: number
  /** A root looks for other trees this often, times 0.5 to 1.5. */
  readonly probeEveryMs: number
  /** A clock silent for this long is gone: hybrid time takes over, and we keep asking. */
  readonly clockTimeoutMs: number
  /** Reports up and marks down are batched for this long at least; grows with the size of the tree. */
  readonly reportEveryMs: number
  /** An in-sync child whose ACK lags longer leaves the heirs until it has caught up. */
  readonly coreLagLimitMs: number
  /** A server that leaves waits at most this long for its entries to be held elsewhere. */
  readonly leaveWaitMs: number
  /**
   * While activities come, a server says in the log how far its users have got it, this often and 5 ms per server later.
   * Raise: fewer entries. Lower: less comes twice to plain clients when their server is killed.
   */
  readonly confirmEveryMs: number
  /**
   * So long after a server was lost the root starts a membership sweep. Raise: servers that only change their parent
   * are not declared gone. Lower: the users of a dead server are known to be gone sooner.
   */
  readonly rollCallAfterMs: number
  /**
   * A user who was sent to another server counts as online on the way there, for so long; then it counts as gone.
   * Raise: longer lines and slower logins are tolerated. Lower: a user who does not arrive is offline sooner.
   */
  readonly movedWithinMs: number
  /** A login or registration that the network has not decided by then is answered with words. */
  readonly decideWithinMs: number
  /** A server that was started and is not in the tree after so long is given up. Above what the slowest start takes. */
  readonly startWithinMs: number
  /** After a server could not be started, askers get the reason for so long, before the next try. */
  readonly startPauseMs: number
}

/** Of these, `server-options.ts` has what users may say; the rest is below. */
export interface Limits extends CoreSection<ServerOptionValues, 'limits'> {
  /**
   * A session that has been quiet for this long, and is connected nowhere, is forgotten: resumed later, it is a new
   * one. Raise: more sessions to remember, about 200 bytes each on every server. Lower: a client that returns after
   * longer than this, with messages that were logged without its knowledge, may send them twice.
   */
  readonly sessionLifetimeMs: number
  /**
   * Entries that one LOG or UP carries, at most 4,096: more than that no peer accepts. Lower: shorter frames, and more
   * of them for the same load.
   */
  readonly batchEntries: number
  /**
   * Rows that one part of a SNAPSHOT carries, at most 4,096: no peer accepts more. Lower: shorter turns for the
   * sender and the receiver, and more of them.
   */
  readonly snapshotRows: number
  /**
   * Logins and registrations from one address that may be undecided at once. Raise: one address can delay all other
   * logins more. Lower: a room that logs in together is told to try again.
   */
  readonly decidingPerAddress: number
}

/** Reports go with announcements, and never all the time. */
export const reportEveryMsFor = (syncEveryMs: number): number => Math.max(1, syncEveryMs)

/** Set for one room or a handful of machines; the simulator brings its own. */
export const defaultTiming: Timing = {
  ...coreSection(serverOptions, 'timing', {}),
  attachTimeoutMs: 400,
  pollMinMs: 50,
  nearerAncestorMs: 100,
  retryMs: 20,
  graceMs: 2_000,
  freshAloneMs: 10_000,
  rememberedAfterMs: 5_000,
  configuredParentSilenceMs: 60_000,
  probeEveryMs: 1_000,
  clockTimeoutMs: 100,
  reportEveryMs: reportEveryMsFor(serverOptions.syncEveryMs.default),
  coreLagLimitMs: 2_000,
  leaveWaitMs: 2_000,
  confirmEveryMs: 1_000,
  rollCallAfterMs: 500,
  // As long as a login may take.
  movedWithinMs: 10_000,
  decideWithinMs: 10_000,
  startWithinMs: 30_000,
  startPauseMs: 5_000,
}

export const defaultLimits: Limits = {
  ...coreSection(serverOptions, 'limits', {}),
  sessionLifetimeMs: 86_400_000,
  batchEntries: maxBatchEntries,
  snapshotRows: maxSnapshotRows,
  // Half of the secrets that may wait to be hashed.
  decidingPerAddress: 128,
}
