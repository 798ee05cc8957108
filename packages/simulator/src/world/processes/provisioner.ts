/**
 * Starts servers when a server asks for one. A start takes a while, and fails now and then, with a reason or silently.
 */
import type { GrowthPlan, ServerPlan } from '../plan/world-plan.js'
import type { WorldParts } from '../world-parts.js'
import type { ProvisionEffect, ServerProcess, ServerProcessOptions } from './server-process.js'

export class Provisioner {
  readonly #parts: WorldParts
  readonly #plan: GrowthPlan
  readonly #start: (plan: ServerPlan) => ServerProcess
  #started = 0
  /** Starts that have begun and were not given up. */
  readonly #wanted = new Set<string>()
  readonly #byWish = new Map<string, ServerProcess>()

  constructor(parts: WorldParts, plan: GrowthPlan, start: (plan: ServerPlan) => ServerProcess) {
    this.#parts = parts
    this.#plan = plan
    this.#start = start
  }

  optionsFor({ isGrown }: ServerPlan): Pick<ServerProcessOptions, 'growth' | 'provision'> {
    const { maxClients, maxServers, endWhenIdleMs } = this.#plan
    return {
      growth: { maxClients, maxServers, ...(isGrown === true ? { endWhenIdleMs } : {}) },
      provision: (server, effect) => this.#provision(server, effect),
    }
  }

  #provision(server: ServerProcess, { type, attempt }: ProvisionEffect): void {
    const wish = `${server.id} ${attempt}`
    if (type === 'abandon-start') {
      this.#wanted.delete(wish)
      this.#byWish.get(wish)?.askToLeave()
      return
    }
    const { queue, random } = this.#parts
    this.#wanted.add(wish)
    const fails = random.chance(this.#plan.failing)
    const isSilent = random.chance(0.5)
    queue.after(random.between(...this.#plan.startTakesMs), () => {
      if (fails) {
        if (!isSilent) server.receive({ type: 'start-failed', attempt, info: 'the cloud is full' })
        return
      }
      // A start that was begun continues if the server that has begun it dies.
      if (!this.#wanted.has(wish)) return
      const name = `g${++this.#started}`
      const grown = { name, remote: server.host, startAtMs: 0, skewMs: 0, isGrown: true }
      this.#byWish.set(wish, this.#start(grown))
    })
  }
}
