/** Which users are online, as a client is told: each change once, whichever server says so. */
import test from 'ava'
import { CoreBench, eventsIn, linesIn, welcomeLine } from './support/core-bench.js'

const presence = (index: number, username: string, online: boolean): object => ({
  command: 'PRESENCE',
  username,
  online,
  timestamp: 4096 * index,
  epoch: '1.root#1',
  index,
})

const news = (bench: CoreBench): unknown[] =>
  eventsIn(bench.take()).flatMap((event) =>
    event.event === 'presence' ? [[event.username, event.online, event.timestamp]] : [],
  )

test('it is asked for only when it is wanted', (t) => {
  for (const wanted of [true, false]) {
    const bench = new CoreBench({ presence: wanted })
    bench.give({ type: 'start' })
    bench.give({ type: 'connected' })
    const [login] = linesIn(bench.take())
    t.is((login!['features'] as string[]).includes('presence'), wanted)
  }
})

test('a list is where it begins, and changes are told once', (t) => {
  const bench = new CoreBench({ presence: true })
  bench.logIn({ online: ['ann', 'bob'] })
  t.deepEqual([...bench.core.online], ['ann', 'bob'])
  bench.say(presence(1, 'cid', true))
  bench.say(presence(2, 'ann', false))
  t.deepEqual(news(bench), [
    ['cid', true, 4096],
    ['ann', false, 8192],
  ])
  t.deepEqual([...bench.core.online], ['bob', 'cid'])
  // Its place counts as seen: the next server need not go back to before it.
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const [login] = linesIn(bench.take())
  t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, [['1.root#1', 2]])
  bench.say(welcomeLine({ lineage: [['1.root#1', 1]], at: 1, online: ['cid', 'dan'] }))
  t.deepEqual(news(bench), [
    ['bob', false, undefined],
    ['dan', true, undefined],
  ])
  bench.say(presence(2, 'ann', false))
  bench.say(presence(3, 'dan', true))
  t.deepEqual(news(bench), [], 'known already')
})

test('a list that is cut says nothing of those who are not on it, and memory has a bound', (t) => {
  const bench = new CoreBench({ presence: true })
  bench.logIn({ online: ['ann'] })
  bench.say({ command: 'ONLINE', online: ['bob'], onlineMore: true })
  t.deepEqual(news(bench), [['bob', true, undefined]])
  t.true(bench.core.onlineMore)
  bench.say(presence(1, 'zoe', false))
  t.deepEqual(news(bench), [['zoe', false, 4096]], 'she may have been one of the others')
  for (let i = 0; i < 5_000; i++) bench.say(presence(2 + i, `user${i}`, true))
  t.is(bench.core.online.size, 4_096)
})

test('a line that is no presence is left with its server', (t) => {
  for (const line of [{ username: 7 }, { online: 'yes' }, { index: 0 }, { epoch: 'x' }, { timestamp: -1 }]) {
    const bench = new CoreBench({ presence: true })
    bench.logIn({ online: [] })
    bench.say({ ...presence(1, 'ann', true), ...line })
    t.false(bench.core.isOnline)
  }
})

test('what was kept for us too shortly is a gap', (t) => {
  const bench = new CoreBench({ username: 'ann', secret: 'x' })
  bench.give({ type: 'start' })
  bench.give({ type: 'connected' })
  bench.take()
  bench.say(welcomeLine({ lineage: [['1.root#1', 9]], at: 9, missed: 3 }))
  t.deepEqual(eventsIn(bench.take())[0], { event: 'gap', from: 1, to: 9, missed: 3 })
})
