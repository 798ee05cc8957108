/** Worlds of real cores on invented time. */
export {
  allFaults,
  diskFaults,
  farFaults,
  lastWordsFaults,
  userFaults,
  processFaults,
  type FaultFamily,
} from './faults/draw-faults.js'
export { describeFault } from './faults/strike-fault.js'
export type { Fault } from './faults/fault.js'
export type { Observer } from './observers.js'
export { drawPlan } from './plan/draw-plan.js'
export type { ClientPlan, ServerPlan, UserPlan, VisitPlan, WorldPlan } from './plan/world-plan.js'
export { shrinkPlan } from './plan/shrink-plan.js'
export { runPlan, runSeed, type RunResult } from './run-seed.js'
export { Judge } from './checks/judge.js'
export type { Violation } from './checks/violation.js'
export { whyNotConverged } from './checks/convergence.js'
export { measureAnnouncements, type AnnouncementFigures } from './growth/measure-announcements.js'
export { bestDepth, measureChurn, type ChurnFigures } from './growth/measure-churn.js'
export {
  measureGrowth,
  type GrowthFigures,
  type GrowthLoad,
  type LoadFigures,
} from './growth/measure-growth.js'
export { simulatedTiming } from './simulated-timing.js'
export { Transcript } from './trace/transcript.js'
export { World } from './world.js'
