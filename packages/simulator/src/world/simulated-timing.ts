/** The timers of a world whose links take about 10 ms: ALGORITHM.md, section 4, column "simulated". */
import type { Timing } from '@jwp/server/core'

export const simulatedTiming: Timing = {
  heartbeatEveryMs: 100,
  silenceLimitMs: 400,
  attachTimeoutMs: 500,
  pollMinMs: 100,
  nearerAncestorMs: 10,
  retryMs: 60,
  graceMs: 1_500,
  freshAloneMs: 4_500,
  rememberedAfterMs: 1_500,
  configuredParentSilenceMs: 15_000,
  probeEveryMs: 300,
  clockTimeoutMs: 150,
  reportEveryMs: 50,
  coreLagLimitMs: 2_000,
  timeBeforeReconnectMs: 0,
  deliverEveryMs: 0,
  syncEveryMs: 100,
  leaveWaitMs: 2_000,
  confirmEveryMs: 300,
  rollCallAfterMs: 200,
  movedWithinMs: 2_000,
  decideWithinMs: 10_000,
  clientSilenceMs: 30_000,
  startWithinMs: 6_000,
  startPauseMs: 2_000,
}

/**
 * How long a partition may last before total order is no longer promised. ALGORITHM.md says silence limit and grace.
 * But an heir without its parent does not wait for the lost root, which may only sleep: silence limit and two polls
 * are enough for it to take over, and here that is less (a root that slept for 1,500 ms woke up 28 ms after its heir's
 * term had begun, and ordered on). The silence may have begun up to a heartbeat before the partition.
 */
export const longestPartitionMs =
  simulatedTiming.silenceLimitMs -
  simulatedTiming.heartbeatEveryMs +
  Math.min(simulatedTiming.graceMs, 2 * simulatedTiming.attachTimeoutMs)
