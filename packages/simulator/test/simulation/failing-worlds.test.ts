/** What `jwp sim` says of worlds that break a promise, and how it makes them smaller. */
import { register } from 'node:module'
import test from 'ava'
import type { WorldPlan } from '@jwp/simulator/world'
import { mutants } from '../support/mutants.js'

const mutant = mutants.find(({ title }) => title === 'committed without the in-sync children')
register('../support/mutate-on-load.js', import.meta.url, { data: mutant })
// Only now: what is loaded before the hook is as it is written.
const { faultMixes, nodePlatform, runSimulation } = await import('@jwp/simulator')
const { drawPlan, runPlan, shrinkPlan } = await import('@jwp/simulator/world')

test.serial(
  'a broken promise is told with its schedule, the line that replays it, and exit code 1',
  async (t) => {
    const lines: string[] = []
    const { exitCode } = await runSimulation({ seeds: 5, write: (line) => lines.push(line) })
    t.is(exitCode, 1)
    const first = lines[0]!
    t.regex(
      first,
      /^seed \d+ broke a promise \(\d+ servers, \d+ clients\); replay: jwp sim --seed \d+ --trace$/,
    )
    t.regex(lines.at(-1)!, /^[1-5] seeds? broke a promise: [\d ]+$/)
  },
)

test.serial('the story of a world that fails is kept, smaller with shrink', async (t) => {
  const kept = new Map<number, readonly string[]>()
  const options = { seeds: 6, write: () => undefined }
  await runSimulation({ ...options, keepTranscript: (seed, lines) => kept.set(seed, lines) })
  const [[seed, whole]] = [...kept] as [[number, readonly string[]]]
  t.true(whole.some((line) => line.includes('is the root, term 1')))
  await runSimulation({
    ...options,
    firstSeed: seed,
    seeds: 1,
    shrink: true,
    keepTranscript: (_, lines) => t.true(lines.length < whole.length),
  })
  t.plan(2)
})

test.serial('a failing plan shrinks to one that still fails', (t) => {
  const fails = (smaller: WorldPlan): boolean => runPlan(smaller, nodePlatform).violations.length > 0
  const plan = Array.from({ length: 50 }, (_, seed) => drawPlan(seed, faultMixes.processes)).find(fails)!
  const smallest = shrinkPlan(plan, fails, 200)
  t.true(fails(smallest))
  t.deepEqual(smallest.faults, [], 'this mutant needs no fault at all')
  t.true(smallest.servers.length <= plan.servers.length)
  t.is(smallest.clients.length, 1)
})
