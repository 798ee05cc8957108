/** Starting JWP clocks. */
export type { ClockLogSettings } from './clock-log.js'
export {
  CannotStartClock,
  startClock,
  type ClockPeersOptions,
  type ClockProcessOptions,
  type RunningClock,
} from './start-clock.js'
