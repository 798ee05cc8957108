/** What a client confirms: what its program has handled, now and then, and never more. */
import test from 'ava'
import fc from 'fast-check'
import { broadcastLine, CoreBench, dialledIn, linesIn, welcomeLine } from './support/core-bench.js'

const epoch = '1.root#1' as never

function named(limits: object = {}): CoreBench {
  const bench = new CoreBench({ username: 'aaron', secret: 'x', limits })
  bench.logIn({ lineage: [[epoch, 4]], at: 4 })
  return bench
}

const confirmed = (bench: CoreBench): unknown[] =>
  linesIn(bench.take())
    .filter(({ command }) => command === 'DELIVERED')
    .map(({ index }) => index)

const hear = (bench: CoreBench, ...indexes: number[]): void => {
  for (const index of indexes) bench.say(broadcastLine({ index, n: index }))
}

test('what waits in our queue is not confirmed, and what is handled is, half a second later', (t) => {
  const bench = named()
  hear(bench, 5, 6, 7)
  bench.advance(900)
  t.deepEqual(confirmed(bench), [])
  bench.give({ type: 'handled', epoch, index: 6 })
  bench.advance(499)
  t.deepEqual(confirmed(bench), [])
  bench.advance(1)
  t.deepEqual(confirmed(bench), [6])
  bench.advance(10_000)
  t.deepEqual(confirmed(bench), [], 'once')
})

test('when everything is handled, what was no broadcast is, too', (t) => {
  const bench = named()
  hear(bench, 5)
  bench.give({ type: 'handled', epoch, index: 5 })
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 6 })
  // A repetition after a cut: it is not handed out again, and must not come to our successor.
  bench.say(broadcastLine({ epoch: '2.b#1', index: 7, n: 5 }))
  bench.advance(500)
  t.deepEqual(confirmed(bench), [7])
})

test('many are confirmed sooner, and anonymous clients never wait for a time', (t) => {
  const bench = named({ confirmEvery: 3 })
  hear(bench, 5, 6, 7, 8)
  bench.give({ type: 'handled', epoch, index: 7 })
  t.deepEqual(confirmed(bench), [7])

  const anonymous = new CoreBench({ limits: { confirmEvery: 3 } })
  anonymous.logIn()
  hear(anonymous, 1, 2)
  anonymous.give({ type: 'handled', epoch, index: 2 })
  anonymous.advance(900)
  t.deepEqual(confirmed(anonymous), [])
  hear(anonymous, 3)
  anonymous.give({ type: 'handled', epoch, index: 3 })
  t.deepEqual(confirmed(anonymous), [3])
})

test('a client that ends in order confirms first what it has handled', (t) => {
  const bench = named()
  hear(bench, 5, 6)
  bench.give({ type: 'handled', epoch, index: 5 })
  bench.take()
  bench.give({ type: 'close', gracefully: true })
  t.deepEqual(
    linesIn(bench.take()).map(({ command, index }) => [command, index]),
    [
      ['DELIVERED', 5],
      ['LOGOUT', undefined],
    ],
  )
})

test('after a change of servers it says at once what it has handled, which is less than what it has seen', (t) => {
  const bench = named()
  hear(bench, 5, 6, 7)
  bench.give({ type: 'handled', epoch, index: 6 })
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const [login] = linesIn(bench.take())
  t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, [[epoch, 7]])
  bench.say(welcomeLine({ lineage: [[epoch, 7]], at: 7 }))
  t.deepEqual(confirmed(bench), [6])
  bench.give({ type: 'handled', epoch, index: 7 })
  bench.advance(500)
  t.deepEqual(confirmed(bench), [7])
})

test('what was cut after it came confirms nothing of what came instead', (t) => {
  const bench = named()
  hear(bench, 5, 6, 7)
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 6 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 7, publisher: 'p', n: 1 }))
  bench.give({ type: 'handled', epoch, index: 7 })
  bench.advance(500)
  t.deepEqual(confirmed(bench), [])
  bench.give({ type: 'handled', epoch: '2.b#1' as never, index: 7 })
  bench.advance(500)
  t.deepEqual(confirmed(bench), [7])
})

test('nothing unhandled is ever confirmed, and everything handled is in the end', (t) => {
  const step = fc.oneof(
    fc.constant('hear' as const),
    fc.constant('handle' as const),
    fc.constant('move' as const),
    fc.integer({ min: 1, max: 700 }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = named({ confirmEvery: 5 })
      let [seen, handled, told] = [4, 4, 4]
      const look = (): void => {
        for (const index of confirmed(bench)) {
          if ((index as number) > handled) throw new Error(`${String(index)} is not handled yet`)
          told = index as number
        }
      }
      for (const each of steps) {
        if (each === 'hear') hear(bench, ++seen)
        else if (each === 'handle') {
          if (handled < seen) bench.give({ type: 'handled', epoch, index: ++handled })
        } else if (each === 'move') {
          bench.give({ type: 'disconnected' })
          while (dialledIn(bench.take()).length === 0) bench.advance(10)
          bench.give({ type: 'connected' })
          bench.say(welcomeLine({ lineage: [[epoch, seen]], at: seen }))
        } else {
          bench.advance(each)
          bench.say({ command: 'PONG' })
        }
        look()
      }
      bench.say({ command: 'PONG' })
      bench.advance(500)
      look()
      t.is(told, handled)
    }),
  )
})

test('what was to be confirmed and is cut leaves no deadline behind', (t) => {
  const bench = named()
  hear(bench, 5)
  bench.give({ type: 'handled', epoch, index: 5 })
  bench.advance(500)
  t.deepEqual(confirmed(bench), [5])
  hear(bench, 6, 7)
  bench.give({ type: 'handled', epoch, index: 6 })
  bench.say({ command: 'EPOCH', epoch: '2.other#1', index: 6 })
  bench.nowMs += 600
  bench.give({ type: 'tick' })
  t.deepEqual(confirmed(bench), [])
  const deadlineMs = bench.core.nextDeadlineMs() ?? Infinity
  t.true(deadlineMs > bench.nowMs, `a tick is wanted for ${deadlineMs}, and it is ${bench.nowMs}`)
})
