/** The demo as it is run by `npm run demo`: all of it, on real processes. */
import test from 'ava'
import { drawReport, isSuccess, type DemoReport } from '#dist/demo/demo-report.js'
import { plain } from '#dist/terminal/palette.js'
import { runJwp } from './support/run-jwp.js'

test('three kills, and every message accounted for', async (t) => {
  t.timeout(900_000)
  const ended = await runJwp(['demo', '--json', '--rate', '200'])
  t.is(ended.exitCode, 0, ended.stdout + ended.stderr)
  const report = JSON.parse(ended.stdout) as DemoReport & { ok: boolean }
  t.true(report.ok)
  t.deepEqual(
    report.kills.map(({ server, role }) => [server, role]),
    [
      ['b', 'inner server'],
      ['d', 'inner server'],
      ['a', 'root'],
    ],
  )
  t.true(report.isHealed)
  const { sent, acknowledged, delivered, lost, twice, outOfOrder } = report.audit
  t.true(sent > 100)
  t.is(acknowledged, sent)
  t.is(delivered, sent * report.clients)
  t.deepEqual([lost, twice, outOfOrder], [0, 0, 0])
})

const flawless: DemoReport = {
  servers: 6,
  clients: 6,
  perSecond: 500,
  kills: [
    {
      server: 'b',
      role: 'inner server',
      wholeAfterMs: 41.4,
      longestSilenceMs: 30,
      longestSilenceOfMovedMs: 1_200,
      usualSilenceMs: 4,
    },
  ],
  audit: {
    sent: 1_000,
    acknowledged: 1_000,
    unacknowledged: 0,
    delivered: 6_000,
    lost: 0,
    twice: 0,
    outOfOrder: 0,
    examples: [],
  },
  isHealed: true,
  durationMs: 12_345,
}

test('the table of a run without a flaw', (t) => {
  t.true(isSuccess(flawless))
  t.deepEqual(drawReport(flawless, plain), [
    'killed with SIGKILL (measured)',
    'server            tree whole again  longest silence  its client  before kill',
    'b (inner server)             41 ms            30 ms    1,200 ms         4 ms',
    '',
    '1,000 messages, each due at 6 clients (promised)',
    'acknowledged         1,000',
    'not acknowledged         0',
    'delivered            6,000',
    'lost                     0',
    'twice                    0',
    'out of order             0',
    'one tree at the end    yes',
    '',
    'Nothing lost, nothing twice, one order everywhere. (12.3 s)',
  ])
  const widest = { ...flawless.kills[0]!, wholeAfterMs: undefined, longestSilenceMs: 12_345 }
  const lines = drawReport({ ...flawless, kills: [widest] }, plain)
  t.true(
    lines.every((line) => line.length <= 80),
    'no line is broken on a usual terminal',
  )
})

for (const flaw of ['lost', 'twice', 'outOfOrder', 'unacknowledged'] as const) {
  test(`one message ${flaw} is a broken promise`, (t) => {
    const flawed = { ...flawless, audit: { ...flawless.audit, [flaw]: 1 } }
    t.false(isSuccess(flawed))
    t.regex(drawReport(flawed, plain).at(-1)!, /A promise was broken/)
  })
}

test('a tree that has not healed at the end is a broken promise', (t) => {
  const flawed = { ...flawless, isHealed: false }
  t.false(isSuccess(flawed))
  t.regex(drawReport(flawed, plain).join('\n'), /one tree at the end +no/)
})

test('a tree that healed later than the demo waits is no broken promise', (t) => {
  const slow = { ...flawless, kills: [{ ...flawless.kills[0]!, wholeAfterMs: undefined }] }
  t.true(isSuccess(slow))
  t.regex(drawReport(slow, plain)[2]!, /not in time/)
})
