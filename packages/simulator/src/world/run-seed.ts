/** One run from beginning to end: harm, heal, verdict. */
import type { Platform } from '@jwp/protocol'
import { introduceUnknownServers } from './acquaintance.js'
import { Judge, type Verdict } from './checks/judge.js'
import { whyNotConverged } from './checks/convergence.js'
import { whyPresenceIsWrong } from './checks/who-is-online.js'
import type { FaultFamily } from './faults/draw-faults.js'
import type { Observer } from './observers.js'
import { drawPlan } from './plan/draw-plan.js'
import { hasUsers } from './plan/has-users.js'
import type { WorldPlan } from './plan/world-plan.js'
import { World } from './world.js'

export interface RunResult extends Verdict {
  readonly plan: WorldPlan
  /** Servers that knew no living server and had to be started again. */
  readonly introduced: number
  /** From the end of the harm until everything was whole. */
  readonly healedInMs: number
  readonly elapsedMs: number
}

/**
 * The tree must be whole for a while, not for a moment. Where little of the log is kept, what is left after a while is
 * judged.
 */
const steadyMs = 500
const steadyWithRetentionMs = 3_000
/** A server that still wants to move clients does so within this time. */
const calmMs = 3_000
const underWayMs = 3_000
/** Once the tree is whole, presence is settled within a silence limit and a membership sweep. */
const presenceWithinMs = 1_500
/** After this long every fragment has founded its tree: fresh ones wait longest. */
const foundingMs = 9_000

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
  let introduced = introduce(world)
  const healsFromMs = world.elapsedMs
  const isDone = (): boolean => judge.violations.length > 0 || whyNotConverged(world) === undefined
  let isSteady = false
  while (!isSteady && judge.violations.length === 0) {
    const leftMs = healsFromMs + plan.healWithinMs - world.elapsedMs
    if (leftMs <= 0) break
    if (!world.advanceUntil(isDone, Math.min(leftMs, foundingMs))) {
      // By now every fragment has a root of its own, and only what that root knows counts.
      introduced += introduce(world)
      continue
    }
    world.advance(plan.limits?.retentionMs || plan.limits?.retentionBytes ? steadyWithRetentionMs : steadyMs)
    // Something may be on its way just then, such as a server's `keep` entry for its silent sessions.
    isSteady = world.advanceUntil(() => whyNotConverged(world) === undefined, underWayMs, 10)
  }
  const healedInMs = world.elapsedMs - healsFromMs
  if (hasUsers(plan) && isSteady) watchPresence(world, judge)
  if (plan.balance === true && isSteady) {
    judge.expectCalm()
    world.advance(calmMs)
  }
  // Silent sessions are kept by an entry now and then: one of those may be on its way just now.
  if (isSteady) world.advanceUntil(() => whyNotConverged(world) === undefined, underWayMs, 10)
  judge.judgeEnd()
  return {
    ...judge.verdict(),
    plan,
    introduced,
    healedInMs,
    elapsedMs: world.elapsedMs,
  }
}

/** Presence is settled: no server says anything more about it. */
function watchPresence(world: World, judge: Judge): void {
  world.advanceUntil(() => whyPresenceIsWrong(world) === undefined, presenceWithinMs)
  world.advance(presenceWithinMs)
  const before = world.alive().map((server) => server.core.inspect().lastIndex)
  world.advance(presenceWithinMs)
  const why = whyPresenceIsWrong(world)
  if (why !== undefined) judge.accuse('the log tells who is connected', why)
  const after = world.alive().map((server) => server.core.inspect().lastIndex)
  if (world.plan.limits?.sessionLifetimeMs === undefined && before.join() !== after.join())
    judge.accuse('the log falls silent', `it grew from ${before.join(' ')} to ${after.join(' ')}`)
}

function introduce(world: World): number {
  const unknown = introduceUnknownServers(world)
  if (unknown.length > 0) world.say(`knew no living server, started again: ${unknown.join(' ')}`)
  return unknown.length
}
