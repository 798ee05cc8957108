/** Chaos as it is run by hand, for a short while and with fixed seeds: real processes, all kinds of faults. */
import test from 'ava'
import type { ChaosReport } from '#dist/chaos/chaos-report.js'
import { runJwp } from './support/run-jwp.js'

test.serial('a tree of five and all kinds of faults: every promise holds', async (t) => {
  t.timeout(900_000)
  const ended = await runJwp(['chaos', '--seed', '11', '--seconds', '20', '--servers', '5', '--json'])
  t.is(ended.exitCode, 0, ended.stdout + ended.stderr)
  const report = JSON.parse(ended.stdout) as ChaosReport & { ok: boolean; broken: string[] }
  t.true(report.ok)
  t.deepEqual(report.broken, [])
  t.true(report.struck >= 5)
  t.true(report.rounds.length >= 5)
  const { sent, acknowledged, delivered, lost, twice, outOfOrder } = report.audit
  t.true(sent > 500)
  t.is(acknowledged, sent)
  t.is(delivered, sent * report.clients)
  t.deepEqual([lost, twice, outOfOrder], [0, 0, 0])
})

test('unknown faults are usage errors', async (t) => {
  const ended = await runJwp(['chaos', '--faults', 'kill,earthquake'])
  t.is(ended.exitCode, 2)
  t.regex(ended.stderr, /"earthquake" is none of kill, pause, restart, cut, clock/)
})
