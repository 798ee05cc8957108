/** The time and the timers of Node, as a machine is driven by them. */
import type { AlarmClock } from '@jwp/protocol'

/** Longest time that Node's timers take. Beyond it they fire at once. */
const longestTimerMs = 2_147_483_647

/** Unix milliseconds that never go back, whatever happens to the calendar while the process runs. */
export function steadyUnixMs(): number {
  return performance.timeOrigin + performance.now()
}

/** @param nowMs any watch that goes as fast as Node's timers */
export const nodeAlarmClock = (nowMs: () => number = steadyUnixMs): AlarmClock => ({
  nowMs,
  at(atMs, call) {
    const waitMs = atMs - nowMs()
    // Wanted at once: after the sockets that are readable by then, but not after the millisecond that a timer costs.
    if (waitMs <= 0) {
      const immediate = setImmediate(call)
      return () => {
        clearImmediate(immediate)
      }
    }
    const timer = setTimeout(call, Math.min(longestTimerMs, Math.ceil(waitMs)))
    return () => {
      clearTimeout(timer)
    }
  },
})
