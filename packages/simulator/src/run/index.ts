/** What `jwp sim` calls. */
export { faultMixes, type FaultMix } from './fault-mixes.js'
export { nodePlatform } from './node-platform.js'
export {
  runSimulation,
  type SimulationOptions,
  type SimulationOutcome,
  type SimulationProgress,
} from './run-simulation.js'
export { replayCommand } from './simulation-lines.js'
export type { FailedSeed, SimulationSummary } from './tally.js'
