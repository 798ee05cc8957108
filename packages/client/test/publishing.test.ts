/** What becomes of what a client publishes: sent once more where it lacks, settled once, or surely not published. */
import test from 'ava'
import {
  broadcastLine,
  CoreBench,
  ids,
  linesIn,
  messages,
  moveOn,
  welcomeLine,
} from './support/core-bench.js'

test('what is published before the first login is sent after it, in order', (t) => {
  const bench = new CoreBench()
  const first = bench.publish({ text: 'one' })
  bench.publish({ text: 'two' })
  bench.give({ type: 'start' })
  bench.give({ type: 'connected' })
  bench.say(welcomeLine())
  const sent = messages(bench)
  t.deepEqual(
    sent.map(({ id, activity }) => [id, activity]),
    [
      [1, { text: 'one' }],
      [2, { text: 'two' }],
    ],
  )
  bench.say({ command: 'ACTIVITY_ACK', id: 1, level: 'logged' })
  t.deepEqual(
    bench.takeAll('settled').map(({ ticket, id, level }) => [ticket, id, level]),
    [[first, 1, 'logged']],
  )
})

test('an activity is what it was when it was published', (t) => {
  const bench = new CoreBench()
  const activity = { text: 'before' }
  bench.publish(activity)
  activity.text = 'after'
  bench.logIn()
  moveOn(bench, { expect: 1 })
  t.deepEqual(messages(bench)[0]!['activity'], { text: 'before' })
})

test('the next server is sent what it lacks, even of what was acknowledged', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  for (let i = 0; i < 5; i++) bench.publish({ i })
  bench.say({ command: 'ACTIVITY_ACK', id: 3, level: 'logged' })
  bench.take()
  moveOn(bench, { expect: 3 })
  t.deepEqual(ids(bench), [3, 4, 5])
})

test('the number that the next server expects acknowledges all before it', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  const tickets = [bench.publish({}), bench.publish({})]
  bench.take()
  moveOn(bench, { expect: 3 })
  t.deepEqual(
    bench.takeAll('settled').map(({ ticket }) => ticket),
    tickets,
  )
})

test('every message settles at level everywhere, however far logging runs ahead', (t) => {
  const bench = new CoreBench({ ackLevel: 'everywhere', limits: { windowSize: 100, keptAfterLogged: 10 } })
  bench.logIn()
  for (let n = 1; n <= 300; n++) {
    bench.publish({ n })
    bench.say(broadcastLine({ index: n, publisher: 'me', n }))
  }
  bench.take()
  bench.say({ command: 'ACTIVITY_ACK', id: 300, level: 'everywhere' })
  t.is(bench.takeAll('settled').length, 300)
})

test('every message settles though nothing is kept after it is logged', (t) => {
  const bench = new CoreBench({ limits: { keptAfterLogged: 0 } })
  bench.logIn()
  for (let i = 0; i < 5; i++) bench.publish({ i })
  bench.take()
  bench.say({ command: 'ACTIVITY_ACK', id: 5, level: 'logged' })
  t.is(bench.takeAll('settled').length, 5)
})

test('a server that acknowledges what was never sent settles nothing of it', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.publish({})
  bench.take()
  bench.say({ command: 'ACTIVITY_ACK', id: 1_000_000_000, level: 'logged' })
  t.is(bench.takeAll('settled').length, 1)
  const later = bench.publish({})
  t.deepEqual(ids(bench), [2])
  bench.say({ command: 'ACTIVITY_ACK', id: 2, level: 'logged' })
  t.deepEqual(
    bench.takeAll('settled').map(({ ticket }) => ticket),
    [later],
  )
})

test('a message that cannot be queued surely was not published', (t) => {
  const bench = new CoreBench({ limits: { maxWaiting: 2 } })
  bench.publish({})
  bench.publish({})
  const refused = bench.publish({})
  t.like(bench.takeAll('failed'), [{ ticket: refused, mayHaveHappened: false }])
})

test('no more than the window is under way, and it moves on with what is logged', (t) => {
  const bench = new CoreBench({ limits: { windowSize: 3 } })
  bench.logIn()
  for (let i = 0; i < 6; i++) bench.publish({ i })
  t.deepEqual(ids(bench), [1, 2, 3])
  bench.say({ command: 'ACTIVITY_ACK', id: 2, level: 'logged' })
  t.deepEqual(ids(bench), [4, 5])
})

test('closing waits for what is under way', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.publish({})
  bench.give({ type: 'close', gracefully: true })
  t.false(bench.take().some(({ type }) => type === 'stop'))
  bench.say({ command: 'ACTIVITY_ACK', id: 1, level: 'logged' })
  const effects = bench.take()
  t.deepEqual(
    effects.map(({ type }) => type),
    ['settled', 'send', 'disconnect', 'stop'],
  )
  t.deepEqual(linesIn(effects), [{ command: 'LOGOUT' }])
})

test('closing at once says of each message whether it may have been published', (t) => {
  const bench = new CoreBench({ limits: { windowSize: 1 } })
  bench.logIn()
  const sent = bench.publish({})
  const unsent = bench.publish({})
  bench.take()
  bench.give({ type: 'close', gracefully: false })
  t.deepEqual(
    bench.takeAll('failed').map(({ ticket, mayHaveHappened }) => [ticket, mayHaveHappened]),
    [
      [sent, true],
      [unsent, false],
    ],
  )
  const after = bench.publish({})
  t.like(bench.takeAll('failed'), [{ ticket: after, mayHaveHappened: false }])
})
