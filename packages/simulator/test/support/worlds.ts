/** Runs the worlds of some seeds and tells which of them broke a promise. */
import type { ExecutionContext } from 'ava'
import { faultMixes, nodePlatform, replayCommand, type FaultMix } from '@jwp/simulator'
import { runPlan, runSeed, type RunResult, type WorldPlan } from '@jwp/simulator/world'

export function run(seed: number, faults: FaultMix): RunResult {
  return runSeed(seed, faultMixes[faults], nodePlatform)
}

export function brokenPromises(seed: number, faults: FaultMix): string[] {
  return wordsFor(run(seed, faults))
}

export function brokenPromisesOf(plan: WorldPlan): string[] {
  return wordsFor(runPlan(plan, nodePlatform))
}

function wordsFor({ violations }: RunResult): string[] {
  return violations.map(({ promise, atMs, what }) => `${promise} (${Math.round(atMs)} ms): ${what}`)
}

export function keepsItsPromises(t: ExecutionContext, seed: number, faults: FaultMix): void {
  t.deepEqual(brokenPromises(seed, faults), [], `replay: ${replayCommand(seed, faults)}`)
}
