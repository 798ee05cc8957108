/** What a client's core takes in when its reader is behind. */
import test from 'ava'
import { broadcastLine, CoreBench, dialledIn, linesIn, welcomeLine } from './support/core-bench.js'

const types = (bench: CoreBench): string[] => bench.take().map(({ type }) => type)

test('with no room the socket is paused, and the silence counts against no server', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.give({ type: 'reading', paused: true })
  t.deepEqual(types(bench), ['pause'])
  bench.advance(3_600_000)
  // It only says now and then that it is still there.
  t.deepEqual([...new Set(types(bench))], ['send'])
  bench.give({ type: 'reading', paused: false })
  t.deepEqual(types(bench), ['resume'])
  bench.say(broadcastLine({ index: 1, n: 1 }))
  t.deepEqual(types(bench), ['deliver'])
})

test('a client that waits for an acknowledgement reads on, and fetches again what had no room', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say(broadcastLine({ index: 1, n: 1 }))
  const ticket = bench.publish({})
  bench.take()
  bench.give({ type: 'reading', paused: true })
  t.deepEqual(types(bench), [], 'the acknowledgement comes behind what there is no room for')
  bench.say(broadcastLine({ index: 2, n: 2 }))
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 3 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 4, publisher: 'me', n: 1 }))
  const effects = bench.take()
  t.deepEqual(
    effects.filter(({ type }) => type !== 'pause'),
    [{ type: 'settled', ticket, id: 1, level: 'logged' }],
  )
  t.is(effects.at(-1)?.type, 'pause', 'nothing is waited for any more')

  bench.give({ type: 'reading', paused: false })
  const returning = bench.take()
  t.true(returning.some(({ type }) => type === 'disconnect'))
  t.deepEqual(dialledIn(returning), [1], 'the same server, at once')
  bench.give({ type: 'connected' })
  const [login] = linesIn(bench.take())
  t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, [['1.root#1', 1]])
  bench.say(welcomeLine({ at: 1, lineage: [['1.root#1', 1]], expect: 2 }))
  bench.say(broadcastLine({ index: 2, n: 2 }))
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 3 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 4, publisher: 'me', n: 1 }))
  t.deepEqual(
    bench.takeAll('deliver').map(({ broadcast }) => broadcast.index),
    [2, 4],
  )
})

test('a held socket is read again when something is published', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.give({ type: 'reading', paused: true })
  bench.take()
  bench.publish({})
  t.deepEqual(types(bench), ['send', 'resume'])
})

test('the next connection is held, too, while there is no room', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.publish({})
  bench.give({ type: 'reading', paused: true })
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  bench.take()
  bench.say(welcomeLine({ expect: 2 }))
  t.deepEqual(types(bench), ['report', 'settled', 'pause'])
})
