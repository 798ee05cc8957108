/** Prometheus figures of a clock, read on request. Nothing is counted for their sake. */
import { ticksPerMs } from '@jwp/protocol'
import { MetricsRegistry } from '@jwp/transport'
import type { ClockEngine, LeadershipState } from './clock-engine.js'

/** @throws Error when their library cannot be loaded now */
export function clockMetrics(engine: ClockEngine, servers: () => number): MetricsRegistry {
  const metrics = new MetricsRegistry()
  const state = (): ClockEngine['state'] => engine.state
  metrics.gauge('jwp_clock_servers', 'Connected servers', servers)
  metrics.counter('jwp_clock_timestamps_total', 'Timestamps given out', () => state().served)
  metrics.counter('jwp_clock_refusals_total', 'Requests refused', () => state().refused)
  metrics.gauge('jwp_clock_waiting_requests', 'Requests that wait for the ceiling', () => state().waiting)
  metrics.gauge('jwp_clock_last_timestamp', 'The last timestamp that was given out', () => state().last)
  metrics.gauge(
    'jwp_clock_reserve_ms',
    'Time that may be given out before the ceiling must be raised again',
    () => (state().ceiling - state().last) / ticksPerMs,
  )
  metrics.gauge(
    'jwp_clock_ceiling',
    'The ceiling: nothing at or above it was given out',
    () => state().ceiling,
  )
  if (engine.leadership !== undefined) {
    const leadership = (): LeadershipState => engine.leadership!
    metrics.gauge('jwp_clock_is_leader', '1 while this one of several clocks leads', () =>
      leadership().isLeader ? 1 : 0,
    )
    metrics.gauge('jwp_clock_knows_leader', '1 while it leads or knows who does', () =>
      leadership().isLeader || leadership().leader !== undefined ? 1 : 0,
    )
    metrics.gauge(
      'jwp_clock_lease_left_ms',
      'Time until this leader must have renewed its lease; 0: it does not lead',
      () => leadership().leaseLeftMs,
    )
    metrics.counter('jwp_clock_reigns_total', 'How often it began to lead', () => leadership().terms)
    metrics.counter('jwp_clock_sent_on_total', 'Requests that were sent on', () => leadership().sentOn)
    metrics.counter(
      'jwp_clock_store_failures_total',
      'Calls to etcd that failed',
      () => leadership().storeFailures,
    )
  }
  return metrics
}
