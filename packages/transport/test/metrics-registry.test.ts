/** Figures for Prometheus: those of JWP, and those of the process. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { MetricsRegistry } from '@jwp/transport'

/** Names and types, as `# TYPE` lines tell them. */
const typesIn = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]))

test('the process is told of under the names that dashboards know, and sockets are not listed', async (t) => {
  const { text, contentType } = await new MetricsRegistry().answer()
  t.regex(contentType!, /^text\/plain/)
  const types = typesIn(text)
  const expected = {
    jwp_version_info: 'gauge',
    process_cpu_seconds_total: 'counter',
    process_resident_memory_bytes: 'gauge',
    process_start_time_seconds: 'gauge',
    nodejs_heap_size_used_bytes: 'gauge',
    nodejs_external_memory_bytes: 'gauge',
    nodejs_eventloop_active_seconds_total: 'counter',
    process_open_fds: 'gauge',
    nodejs_gc_duration_seconds: 'histogram',
  }
  for (const [name, type] of Object.entries(expected)) t.is(types.get(name), type, name)
  t.deepEqual(
    [...types.keys()].filter((name) => /^nodejs_(active|eventloop_lag)_/.test(name)),
    [],
  )
  t.regex(text, /^process_resident_memory_bytes [1-9]\d*$/m)
})

test('figures are read when they are asked for, all at one moment, and never added up', async (t) => {
  let source = 0
  let now = 0
  const metrics = new MetricsRegistry(() => {
    now = source
  })
  metrics.gauge('jwp_level', 'Up and down', () => now)
  metrics.counter('jwp_turns_total', 'Only up', () => now)
  metrics.counters('jwp_kinds_total', 'By kind', 'kind', () => new Map([['a"b', now]]))
  for (source of [3, 5]) {
    const { text } = await metrics.answer()
    t.regex(text, new RegExp(`^jwp_level ${source}$`, 'm'))
    t.regex(text, new RegExp(`^jwp_turns_total ${source}$`, 'm'))
    t.regex(text, new RegExp(`^jwp_kinds_total\\{kind="a\\\\"b"\\} ${source}$`, 'm'))
  }
})

test('the time for which the event loop was busy is told', async (t) => {
  const metrics = new MetricsRegistry()
  const activeMs = async (): Promise<number> => {
    const { text } = await metrics.answer()
    return Number(/^nodejs_eventloop_active_seconds_total (\S+)$/m.exec(text)?.[1]) * 1_000
  }
  const before = await activeMs()
  const untilMs = performance.now() + 50
  while (performance.now() < untilMs);
  const after = await activeMs()
  t.true(after - before >= 50, `${after - before} ms`)
})

/** Prints what loading answers while no descriptor is free, and then with some. */
const program = `
import { closeSync, openSync } from 'node:fs'
const { loadPromClient } = await import(process.argv[1])
const open = []
const tryIt = () => { try { return typeof loadPromClient().Registry } catch (error) { return error.code } }
try { for (;;) open.push(openSync('/dev/null')) } catch {}
const first = tryIt()
open.forEach((descriptor) => closeSync(descriptor))
process.stdout.write(first + ' ' + tryIt())
`

test('a library that could not be loaded while no descriptor was free is loaded later', async (t) => {
  const module = new URL('../../dist/prom-client.js', import.meta.url).href
  const node = [process.execPath, '--input-type=module', '--eval', program, module]
  const { stdout } = await promisify(execFile)('prlimit', ['--nofile=100', ...node])
  t.is(stdout, 'EMFILE function')
})
