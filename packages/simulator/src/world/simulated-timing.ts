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
  probeEveryMs: 300,
  clockTimeoutMs: 150,
  reportEveryMs: 50,
  coreLagLimitMs: 2_000,
  timeBeforeReconnectMs: 0,
  deliverEveryMs: 0,
  syncEveryMs: 100,
  leaveWaitMs: 2_000,
  decideWithinMs: 10_000,
}
