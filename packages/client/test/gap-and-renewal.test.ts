/** What a client's core does when the network has forgotten: broadcasts that it never saw, or its own messages. */
import { asEpoch, asPublisherId } from '@jwp/protocol'
import test from 'ava'
import {
  broadcastLine,
  CoreBench,
  dialledIn,
  eventsIn,
  linesIn,
  serverAt,
  welcomeLine,
} from './support/core-bench.js'

const logins = (bench: CoreBench) => linesIn(bench.take()).filter(({ command }) => command === 'LOGIN')

test('after a gap it knows where in the log it is, and shows that to the next server', (t) => {
  const bench = new CoreBench()
  bench.logIn({ at: 3, lineage: [['1.a#1', 3]] })
  // Two whole terms lie in the gap: only the server can know where they ended.
  const lineage = [
    ['1.a#1', 20],
    ['2.b#1', 50],
    ['3.c#1', 70],
    ['4.d#1', 90],
  ]
  bench.say({ command: 'GAP', from: 4, to: 90, missed: 80, lineage })
  t.deepEqual(linesIn(bench.take()), [])
  bench.say(broadcastLine({ epoch: '4.d#1', index: 91, n: 1 }))
  t.is(bench.takeAll('deliver').length, 1)
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const [login] = logins(bench)
  t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, [...lineage.slice(0, 3), ['4.d#1', 91]])
})

test('a server that dies right after it has told of a gap has told enough', (t) => {
  const bench = new CoreBench()
  bench.logIn({ at: 3, lineage: [['1.a#1', 3]] })
  const lineage = [
    ['1.a#1', 20],
    ['2.b#1', 50],
  ]
  bench.say({ command: 'GAP', from: 4, to: 50, missed: 46, lineage })
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const [login] = logins(bench)
  t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, lineage)
})

/** Ten logged messages of which the last two are still kept, and one that is not acknowledged. */
function benchWithForgottenMessages(): { bench: CoreBench; open: number } {
  const bench = new CoreBench({
    seeds: [serverAt(1)],
    limits: { keptAfterLogged: 2, backoffMinMs: 1, backoffMaxMs: 1 },
  })
  bench.logIn({ servers: [] })
  for (let i = 0; i < 10; i++) bench.publish({ i })
  bench.say(broadcastLine({ index: 1, n: 1 }))
  bench.say({ command: 'ACTIVITY_ACK', id: 10, level: 'logged' })
  const open = bench.publish({ text: 'open' })
  bench.take()
  bench.give({ type: 'disconnected' })
  return { bench, open }
}

/** Servers that have nothing of this session let it in, one after the other, until it is given up. */
function beRefusedUntilRenewal(bench: CoreBench) {
  const failures: (readonly [ticket: number, mayHaveHappened: boolean])[] = []
  for (let attempt = 0; attempt < 100; attempt++) {
    bench.advance(2)
    bench.give({ type: 'connected' })
    const effects = bench.take()
    for (const effect of effects)
      if (effect.type === 'failed') failures.push([effect.ticket, effect.mayHaveHappened])
    const login = linesIn(effects).find(({ command }) => command === 'LOGIN')
    if (login === undefined) continue
    if (login['resume'] === undefined) return { login, failures }
    bench.say(welcomeLine({ expect: 1, servers: [] }))
  }
  throw new Error('the old session was never given up')
}

test('one server that lags is no reason to give up a session', (t) => {
  const { bench, open } = benchWithForgottenMessages()
  bench.advance(2)
  bench.give({ type: 'connected' })
  bench.say(welcomeLine({ expect: 1, servers: [] }))
  bench.take()
  bench.advance(2)
  bench.give({ type: 'connected' })
  t.truthy(logins(bench)[0]!['resume'])
  bench.say(welcomeLine({ expect: 11, servers: [] }))
  t.deepEqual(
    linesIn(bench.take()).map(({ id }) => id),
    [11],
  )
  bench.say({ command: 'ACTIVITY_ACK', id: 11, level: 'logged' })
  t.deepEqual(
    bench.takeAll('settled').map(({ ticket }) => ticket),
    [open],
  )
})

test('when all servers lack what is no longer kept, a new session goes on where the old one was', (t) => {
  const { bench, open } = benchWithForgottenMessages()
  const unsent = bench.publish({ text: 'never sent' })
  const { login: renewing, failures } = beRefusedUntilRenewal(bench)
  t.is(renewing['command'], 'LOGIN')
  t.deepEqual(failures, [[open, true]], 'what was sent may have happened, what was not is kept')

  // The new session begins at the end of the log: without coming back, what lies between would be missed.
  bench.say(
    welcomeLine({ session: 'cd'.repeat(16), publisher: 'me again', at: 40, lineage: [['1.root#1', 40]] }),
  )
  const effects = bench.take()
  t.true(effects.some(({ type }) => type === 'disconnect'))
  t.deepEqual(dialledIn(effects), [1])
  t.false(eventsIn(effects).some(({ event }) => event === 'online'))
  bench.give({ type: 'connected' })
  t.deepEqual(logins(bench)[0]!['resume'], {
    session: 'cd'.repeat(16),
    publisher: 'me again',
    lineage: [['1.root#1', 1]],
  })
  bench.say(welcomeLine({ publisher: 'me again', at: 1, lineage: [['1.root#1', 1]] }))
  t.deepEqual(linesIn(bench.take()), [
    { command: 'ACTIVITY_MESSAGE', id: 1, activity: { text: 'never sent' } },
  ])
  bench.say(broadcastLine({ index: 1, n: 1 }))
  bench.say(broadcastLine({ index: 2, n: 2 }))
  t.deepEqual(
    bench.takeAll('deliver').map(({ broadcast }) => broadcast.n),
    [2],
  )
  bench.say({ command: 'ACTIVITY_ACK', id: 1, level: 'logged' })
  t.deepEqual(
    bench.takeAll('settled').map(({ ticket }) => ticket),
    [unsent],
  )
})

test('an activity that cannot be taken is missed once, and counts as seen', (t) => {
  const place = (index: number) => ({
    epoch: asEpoch('1.a#1'),
    index,
    publisher: asPublisherId('other'),
    n: index,
  })
  for (const give of [
    (bench: CoreBench) => bench.give({ type: 'unreadable', place: place(4), info: 'too long' }),
    (bench: CoreBench) =>
      bench.say({ ...broadcastLine({ ...place(4), index: 4, n: 4 }), activity: 'a text' }),
  ]) {
    const bench = new CoreBench()
    bench.logIn({ at: 3, lineage: [['1.a#1', 3]] })
    bench.take()
    give(bench)
    give(bench)
    const effects = bench.take()
    t.deepEqual(
      eventsIn(effects).filter(({ event }) => event === 'gap'),
      [{ event: 'gap', from: 4, to: 4, missed: 1 }],
    )
    t.false(effects.some(({ type }) => type === 'disconnect' || type === 'deliver'))
    bench.give({ type: 'disconnected' })
    bench.give({ type: 'connected' })
    const [login] = logins(bench)
    t.deepEqual((login!['resume'] as { lineage: unknown }).lineage, [['1.a#1', 4]])
  }
})

test('a line without a place that cannot be read is left, and its server with it', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.take()
  bench.give({ type: 'unreadable', place: undefined, info: 'no JSON' })
  t.true(bench.take().some(({ type }) => type === 'disconnect'))
})
