/**
 * `jwp sim`: one world per seed, one after the other, and an account of them. A seed that breaks a promise is
 * printed with its schedule and with the line that replays it.
 */
import { visibleJson } from '@jwp/protocol'
import {
  drawPlan,
  runPlan,
  shrinkPlan,
  Transcript,
  type Observer,
  type RunResult,
  type World,
  type WorldPlan,
} from '@jwp/simulator/world'
import { faultMixes, type FaultMix } from './fault-mixes.js'
import { nodePlatform } from './node-platform.js'
import { linesOfFailure, linesOfSummary } from './simulation-lines.js'
import { Tally, type SimulationSummary } from './tally.js'

export interface SimulationOptions {
  /** Default 1. */
  readonly firstSeed?: number
  /** How many seeds, from `firstSeed` on. Default 100. */
  readonly seeds?: number
  /** Default `processes`. */
  readonly faults?: FaultMix
  /** Print what happened in each world: milliseconds, process, event. Heartbeats and the like are left out. */
  readonly trace?: boolean
  /** Make a failing world smaller while it still breaks the same promise, and print (or trace) that one. */
  readonly shrink?: boolean
  /** Gets the story of each world that broke a promise (the smaller one, with `shrink`), line by line. */
  readonly keepTranscript?: (seed: number, lines: readonly string[]) => void
  /** Print one JSON object at the end and nothing else. */
  readonly json?: boolean
  /** Gets every line of output, without its end. Default: standard output. */
  readonly write?: (line: string) => void
  /** Called after each seed. */
  readonly onProgress?: (progress: SimulationProgress) => void
  /** Aborted: the run ends after the world under way, and its account is about what was run. */
  readonly signal?: AbortSignal
}

export interface SimulationProgress {
  readonly seed: number
  readonly done: number
  readonly of: number
  readonly failed: number
}

export interface SimulationOutcome extends SimulationSummary {
  /** 0: every promise held in every world. 1: some promise was broken. */
  readonly exitCode: 0 | 1
}

/** Between worlds the process may serve signals and timers; not after each, since worlds are short. */
const breatheEveryMs = 50
/** A world takes some 50 ms; a shrunk one less. */
const maxShrinkRuns = 400

export async function runSimulation(options: SimulationOptions = {}): Promise<SimulationOutcome> {
  const { firstSeed = 1, seeds = 100, faults = 'processes', trace = false, json = false } = options
  const out = options.write ?? ((line: string) => void process.stdout.write(`${line}\n`))
  // Simulated users have odd names, too.
  const write = (line: string): void => {
    out(visibleJson(line))
  }
  const tally = new Tally(faults)
  let breathedMs = performance.now()
  for (let seed = firstSeed; seed < firstSeed + seeds && options.signal?.aborted !== true; seed++) {
    const watch = (world: World): Observer => (trace && !json ? new Transcript(world, write) : {})
    const plan = drawPlan(seed, faultMixes[faults])
    const result = options.shrink === true ? runShrunk(plan, watch) : runPlan(plan, nodePlatform, watch)
    tally.add(seed, result)
    if (!json && result.violations.length > 0) linesOfFailure(seed, faults, result).forEach(write)
    if (result.violations.length > 0) options.keepTranscript?.(seed, storyOf(result.plan))
    options.onProgress?.({ seed, done: tally.count, of: seeds, failed: tally.failedCount })
    if (performance.now() - breathedMs > breatheEveryMs) {
      await new Promise((resolve) => setImmediate(resolve))
      breathedMs = performance.now()
    }
  }
  const summary = tally.summary()
  if (json) write(JSON.stringify(summary))
  else linesOfSummary(summary).forEach(write)
  return { ...summary, exitCode: summary.failures.length === 0 ? 0 : 1 }
}

function storyOf(plan: WorldPlan): string[] {
  const lines: string[] = []
  runPlan(plan, nodePlatform, (world) => new Transcript(world, (line) => lines.push(line)))
  return lines
}

function runShrunk(plan: WorldPlan, watch: (world: World) => Observer): RunResult {
  const promise = runPlan(plan, nodePlatform).violations[0]?.promise
  const fails = (smaller: WorldPlan): boolean =>
    runPlan(smaller, nodePlatform).violations.some((violation) => violation.promise === promise)
  const smallest = promise === undefined ? plan : shrinkPlan(plan, fails, maxShrinkRuns)
  return runPlan(smallest, nodePlatform, watch)
}
