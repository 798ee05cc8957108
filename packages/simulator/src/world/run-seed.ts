/** One run from beginning to end: harm, heal, verdict. */
import type { Platform } from '@jwp/protocol'
import { introduceStrangers } from './acquaintance.js'
import { Judge, type Verdict } from './checks/judge.js'
import { whyNotWhole } from './checks/wholeness.js'
import type { FaultFamily } from './faults/draw-faults.js'
import type { Observer } from './observers.js'
import { drawPlan } from './plan/draw-plan.js'
import type { WorldPlan } from './plan/world-plan.js'
import { World } from './world.js'

export interface RunResult extends Verdict {
  readonly plan: WorldPlan
  /** From the end of the harm until everything was whole. */
  readonly healedInMs: number
  readonly elapsedMs: number
}

/** Wholeness must not be a moment's luck. */
const steadyMs = 500

export function runSeed(
  seed: number,
  families: readonly FaultFamily[],
  platform: Platform,
  watch?: (world: World) => Observer,
): RunResult {
  return runPlan(drawPlan(seed, families), platform, watch)
}

/** `watch` may add an observer, such as a transcript. */
export function runPlan(plan: WorldPlan, platform: Platform, watch?: (world: World) => Observer): RunResult {
  const judge = new Judge()
  const world = new World(plan, platform, judge.observers)
  if (watch !== undefined) world.observe(watch(world))
  judge.watch(world)
  world.advance(plan.harmMs)
  world.heal()
  world.say('the harm is over')
  const strangers = introduceStrangers(world)
  if (strangers.length > 0) world.say(`knew nobody alive, started again: ${strangers.join(' ')}`)
  const healsFromMs = world.elapsedMs
  const isDone = (): boolean => judge.violations.length > 0 || whyNotWhole(world) === undefined
  let isSteady = false
  while (!isSteady && world.advanceUntil(isDone, healsFromMs + plan.healWithinMs - world.elapsedMs)) {
    if (judge.violations.length > 0) break
    world.advance(steadyMs)
    isSteady = whyNotWhole(world) === undefined
  }
  judge.judgeEnd()
  return { ...judge.verdict(), plan, healedInMs: world.elapsedMs - healsFromMs, elapsedMs: world.elapsedMs }
}
