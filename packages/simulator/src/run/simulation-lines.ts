/** The account of a simulation, for people. */
import { describeFault, type RunResult } from '@jwp/simulator/world'
import type { FaultMix } from './fault-mixes.js'
import type { SimulationSummary } from './tally.js'

const shownViolations = 5

export function replayCommand(seed: number, faults: FaultMix): string {
  return `jwp sim --seed ${seed}${faults === 'processes' ? '' : ` --faults ${faults}`} --trace`
}

export function linesOfFailure(seed: number, faults: FaultMix, { plan, violations }: RunResult): string[] {
  const lines = [
    `seed ${seed} broke a promise (${plan.servers.length} servers, ${plan.clients.length} clients); replay: ${replayCommand(seed, faults)}`,
  ]
  for (const fault of plan.faults) lines.push(`    ${milliseconds(fault.atMs)}  ${describeFault(fault)}`)
  for (const { atMs, promise, what } of violations.slice(0, shownViolations)) {
    lines.push(`  ! ${milliseconds(atMs)}  ${promise}: ${what}`)
  }
  const more = violations.length - shownViolations
  if (more > 0) lines.push(`    and ${more} more`)
  return lines
}

export function linesOfSummary(summary: SimulationSummary): string[] {
  const { seeds, failures, faults, deliveries, acknowledgedChecked, order, healedInMs } = summary
  return [
    `${seeds} worlds (faults: ${faults}), ${summary.seedsPerSecond.toFixed(1)} a second`,
    `${deliveries} deliveries, ${acknowledgedChecked} acknowledged messages checked`,
    `one order promised and checked in ${order.holds}; not promised in ${seeds - order.holds} (in-sync children died ${order['in-sync children died']}, ` +
      `crash inside an election ${order['crash inside an election']}, partitioned too long ${order['partitioned too long']}, two trees founded ${order['two trees founded']}; ` +
      `broken in ${summary.orderBrokenUnpromised} of these)`,
    `whole again after ${Math.round(healedInMs.median)} ms (median), ${Math.round(healedInMs.most)} ms (most)`,
    failures.length === 0
      ? 'every promise held'
      : `${failures.length} ${failures.length === 1 ? 'seed' : 'seeds'} broke a promise: ${failures.map(({ seed }) => seed).join(' ')}`,
  ]
}

const milliseconds = (ms: number): string => `${Math.round(ms)} ms`.padStart(9)
