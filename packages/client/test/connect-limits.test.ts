/** How long a client waits for a connection to open: longer for servers that are far away. */
import test from 'ava'
import { ConnectLimits } from '#dist/core/connect-limits.js'
import { CoreBench, dialledIn, linesIn, serverAt } from './support/core-bench.js'

const limits = { connectWithinMs: 1_000, connectAtMostMs: 4_000 }

test('the limit of a server doubles with each attempt that ran out, up to the longest', (t) => {
  const connectLimits = new ConnectLimits(limits)
  const waits = [1, 2, 3, 4].map(() => {
    const limitMs = connectLimits.of(serverAt(1))
    connectLimits.ranOut(serverAt(1))
    return limitMs
  })
  t.deepEqual(waits, [1_000, 2_000, 4_000, 4_000])
  t.is(connectLimits.of(serverAt(2)), 1_000, 'another server')
})

test('an answer tells how far away it is', (t) => {
  const connectLimits = new ConnectLimits(limits)
  connectLimits.answered(serverAt(1), 900)
  t.is(connectLimits.of(serverAt(1)), 1_800)
  connectLimits.ranOut(serverAt(1))
  connectLimits.answered(serverAt(1), 5)
  t.is(connectLimits.of(serverAt(1)), 1_000)
})

test('servers without end cost no memory without end, and what is told of one is kept till then', (t) => {
  const connectLimits = new ConnectLimits(limits)
  for (let port = 1; port <= 256; port++) connectLimits.ranOut(serverAt(port))
  t.is(connectLimits.of(serverAt(1)), 2_000)
  connectLimits.ranOut(serverAt(257))
  t.deepEqual(
    [1, 256, 257].map((port) => connectLimits.of(serverAt(port))),
    [1_000, 1_000, 2_000],
  )
})

/** From when the server is dialled until the client gives up, or is connected after `answersInMs`. */
function dial(bench: CoreBench, answersInMs: number): number | 'connected' {
  const fromMs = bench.nowMs
  const limitMs = bench.core.nextDeadlineMs()! - fromMs
  bench.advance(Math.min(limitMs, answersInMs))
  if (limitMs <= answersInMs) return bench.nowMs - fromMs
  bench.give({ type: 'connected' })
  return 'connected'
}

test('a client gets to a server to which a connection takes more than its first limit', (t) => {
  const bench = new CoreBench({ seeds: [serverAt(1)] })
  bench.give({ type: 'start' })
  t.deepEqual(dialledIn(bench.take()), [1])
  t.is(dial(bench, 1_500), 1_000)
  bench.advance(bench.core.nextDeadlineMs()! - bench.nowMs)
  t.deepEqual(dialledIn(bench.take()), [1])
  t.is(dial(bench, 1_500), 'connected')
  t.deepEqual(
    linesIn(bench.take()).map(({ command }) => command),
    ['LOGIN'],
  )
  bench.give({ type: 'disconnected' })
  bench.advance(bench.core.nextDeadlineMs()! - bench.nowMs)
  t.deepEqual(dialledIn(bench.take()), [1])
  t.is(dial(bench, 2_900), 'connected', 'and remembers it')
})
