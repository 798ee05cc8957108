/** What a client hands on of what it hears. */
import test from 'ava'
import { broadcastLine, CoreBench, eventsIn, moveOn } from './support/core-bench.js'

test('what came before a change of servers does not come again', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  for (const n of [1, 2, 3]) bench.say(broadcastLine({ index: n, n }))
  t.deepEqual(
    bench.takeAll('deliver').map(({ broadcast }) => broadcast.n),
    [1, 2, 3],
  )
  moveOn(bench, { at: 1, lineage: [['1.root#1', 1]] })
  for (const n of [2, 3, 4]) bench.say(broadcastLine({ index: n, n }))
  t.deepEqual(
    bench.takeAll('deliver').map(({ broadcast }) => broadcast.n),
    [4],
  )
})

test('publishers that were silent for long are forgotten, those that speak are not', (t) => {
  const bench = new CoreBench({ limits: { maxPublishers: 10 } })
  bench.logIn()
  let index = 0
  bench.say(broadcastLine({ index: ++index, publisher: 'steady', n: 1 }))
  for (let i = 0; i < 500; i++) {
    bench.say(broadcastLine({ index: ++index, publisher: `once ${i}`, n: 1 }))
    if (i % 3 === 0) bench.say(broadcastLine({ index: ++index, publisher: 'steady', n: 2 + i / 3 }))
  }
  bench.take()
  bench.say(broadcastLine({ index: ++index, publisher: 'steady', n: 1 }))
  t.is(bench.takeAll('deliver').length, 0)
})

test('a gap is told', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say({ command: 'GAP', from: 5, to: 9, missed: 4, lineage: [['1.root#1', 9]] })
  t.deepEqual(eventsIn(bench.take()), [{ event: 'gap', from: 5, to: 9, missed: 4 }])
})
