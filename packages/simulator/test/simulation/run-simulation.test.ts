/** What `jwp sim` says and returns, with worlds that hold and worlds that do not. */
import test from 'ava'
import { faultMixes, nodePlatform, runSimulation, type SimulationOptions } from '@jwp/simulator'
import { drawPlan, runPlan, shrinkPlan, type WorldPlan } from '@jwp/simulator/world'
import { committingWithoutTheCore } from '../support/mutants.js'

async function linesOf(options: SimulationOptions): Promise<{ lines: string[]; exitCode: number }> {
  const lines: string[] = []
  const { exitCode } = await runSimulation({ ...options, write: (line) => lines.push(line) })
  return { lines, exitCode }
}

test.serial('promises that hold make an account and exit code 0', async (t) => {
  const seeds: number[] = []
  const { lines, exitCode } = await linesOf({
    firstSeed: 5,
    seeds: 3,
    onProgress: ({ seed, failed }) => seeds.push(seed + failed),
  })
  t.is(exitCode, 0)
  t.deepEqual(seeds, [5, 6, 7])
  t.regex(lines[0]!, /^3 worlds \(faults: processes\), [\d.]+ a second$/)
  t.is(lines.at(-1), 'every promise held')
})

test.serial('a trace tells milliseconds, who and what, without heartbeats', async (t) => {
  const { lines } = await linesOf({ firstSeed: 5, seeds: 1, trace: true })
  t.regex(lines[0]!, /^ +0\.0 {2}\S/)
  t.true(lines.some((line) => line.includes('is the root, reign 1')))
  t.false(lines.some((line) => line.includes('HEARTBEAT')))
})

test.serial('with json there is one object and nothing else', async (t) => {
  const { lines } = await linesOf({ seeds: 2, json: true, trace: true })
  t.is(lines.length, 1)
  const summary = JSON.parse(lines[0]!) as Record<string, unknown>
  t.is(summary['seeds'], 2)
  t.deepEqual(summary['failures'], [])
})

test.serial('an aborted run gives account of what was run', async (t) => {
  const abort = new AbortController()
  const { seeds } = await runSimulation({
    seeds: 1_000,
    write: () => undefined,
    signal: abort.signal,
    onProgress: ({ done }) => {
      if (done === 2) abort.abort()
    },
  })
  t.is(seeds, 2)
})

test.serial(
  'a broken promise is told with its schedule, the line that replays it, and exit code 1',
  async (t) => {
    t.teardown(await committingWithoutTheCore())
    const { lines, exitCode } = await linesOf({ seeds: 5 })
    t.is(exitCode, 1)
    const first = lines[0]!
    t.regex(
      first,
      /^seed \d+ broke a promise \(\d+ servers, \d+ clients\); replay: jwp sim --seed \d+ --trace$/,
    )
    t.regex(lines.at(-1)!, /^[1-5] seeds? broke a promise: [\d ]+$/)
  },
)

test.serial('a failing plan shrinks to one that still fails', async (t) => {
  t.teardown(await committingWithoutTheCore())
  const fails = (smaller: WorldPlan): boolean => runPlan(smaller, nodePlatform).violations.length > 0
  const plan = Array.from({ length: 50 }, (_, seed) => drawPlan(seed, faultMixes.processes)).find(fails)!
  const smallest = shrinkPlan(plan, fails, 200)
  t.true(fails(smallest))
  t.deepEqual(smallest.faults, [], 'this mutant needs no fault at all')
  t.true(smallest.servers.length <= plan.servers.length)
  t.is(smallest.clients.length, 1)
})
