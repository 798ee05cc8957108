/** What many worlds had to say, added up. */
import type { RunResult, Violation } from '@jwp/simulator/world'
import type { FaultMix } from './fault-mixes.js'

export interface FailedSeed {
  readonly seed: number
  readonly violations: readonly Violation[]
}

export interface SimulationSummary {
  readonly faults: FaultMix
  readonly seeds: number
  readonly failures: readonly FailedSeed[]
  /** Activities handed to clients, in all worlds together. */
  readonly deliveries: number
  /** Acknowledged messages whose survival was promised, and checked. */
  readonly acknowledgedChecked: number
  /** In how many worlds one order for all clients was promised, and why it was not in the others. */
  readonly order: Readonly<Record<RunResult['orderPromise'], number>>
  /** Worlds in which the order was broken where it was not promised. */
  readonly orderBrokenUnpromised: number
  /** From the end of the harm until everything was whole, in invented milliseconds. */
  readonly healedInMs: { readonly median: number; readonly most: number }
  readonly seedsPerSecond: number
}

export class Tally {
  readonly #faults: FaultMix
  readonly #startedMs = performance.now()
  readonly #failures: FailedSeed[] = []
  readonly #heals: number[] = []
  readonly #order = {
    holds: 0,
    'in-sync children died': 0,
    'crash inside an election': 0,
    'partitioned too long': 0,
    'two trees founded': 0,
  }
  #deliveries = 0
  #acknowledgedChecked = 0
  #orderBrokenUnpromised = 0

  constructor(faults: FaultMix) {
    this.#faults = faults
  }

  get count(): number {
    return this.#heals.length
  }

  get failedCount(): number {
    return this.#failures.length
  }

  add(seed: number, result: RunResult): void {
    this.#heals.push(result.healedInMs)
    this.#order[result.orderPromise]++
    this.#deliveries += result.deliveries
    this.#acknowledgedChecked += result.acknowledgedChecked
    if (result.orderBrokenElsewhere) this.#orderBrokenUnpromised++
    if (result.violations.length > 0) this.#failures.push({ seed, violations: result.violations })
  }

  summary(): SimulationSummary {
    const heals = [...this.#heals].sort((a, b) => a - b)
    const elapsedMs = Math.max(1, performance.now() - this.#startedMs)
    return {
      faults: this.#faults,
      seeds: this.count,
      failures: this.#failures,
      deliveries: this.#deliveries,
      acknowledgedChecked: this.#acknowledgedChecked,
      order: { ...this.#order },
      orderBrokenUnpromised: this.#orderBrokenUnpromised,
      healedInMs: { median: heals[heals.length >> 1] ?? 0, most: heals.at(-1) ?? 0 },
      seedsPerSecond: (this.count * 1_000) / elapsedMs,
    }
  }
}
