/** What `jwp sim` says and returns, with worlds that hold and worlds that do not. */
import test from 'ava'
import { runSimulation, type SimulationOptions } from '@jwp/simulator'

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
  t.true(lines.some((line) => line.includes('is the root, term 1')))
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
