/**
 * A process of its own for one mutant: runs worlds until one of them breaks a promise, and prints what it broke; nothing,
 * if none did. Argument: the mutant as JSON.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import type { FaultMix } from '@jwp/simulator'
import type { WorldPlan } from '@jwp/simulator/world'
import { maxRuns, type Mutant } from './mutants.js'

const mutant = JSON.parse(process.argv[2]!) as Mutant
register('./mutate-on-load.js', import.meta.url, { data: mutant })
// Only now: what is loaded before the hook is as it is written.
const { brokenPromises, brokenPromisesOf } = await import('./worlds.js')

if (mutant.in.endsWith('.json')) {
  const plan = new URL(`../../kept-plans/${mutant.in}`, import.meta.url)
  tell(mutant.in, brokenPromisesOf(JSON.parse(await readFile(plan, 'utf8')) as WorldPlan))
} else {
  for (let seed = 1; seed <= maxRuns; seed++)
    if (tell(`seed ${seed}`, brokenPromises(seed, mutant.in as FaultMix))) break
}

function tell(where: string, [broken]: readonly string[]): boolean {
  if (broken !== undefined) process.stdout.write(`${where}: ${broken}\n`)
  return broken !== undefined
}
