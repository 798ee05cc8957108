/** Stories of a client's core: what it is told, and what it does then. */
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

const lines = (bench: CoreBench) => linesIn(bench.take())
const messages = (bench: CoreBench) => lines(bench).filter(({ command }) => command === 'ACTIVITY_MESSAGE')
const ids = (bench: CoreBench) => messages(bench).map(({ id }) => id)

/** Goes on at the next server, which says `welcome`. Returns the LOGIN line. */
function moveOn(bench: CoreBench, welcome: object): Record<string, unknown> {
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  const login = linesIn(bench.take()).find(({ command }) => command === 'LOGIN')!
  bench.say(welcomeLine(welcome))
  return login
}

test('the first login asks for the features and shows no session', (t) => {
  const bench = new CoreBench({ username: 'aaron', secret: 'horse', ackLevel: 'held' })
  bench.give({ type: 'start' })
  t.deepEqual(dialledIn(bench.take()), [1])
  bench.give({ type: 'connected' })
  t.deepEqual(lines(bench), [
    {
      command: 'LOGIN',
      username: 'aaron',
      secret: 'horse',
      features: ['ack', 'resume', 'servers'],
      ackLevel: 'held',
    },
  ])
})

test('the next login shows the session and what was seen, hidden entries included', (t) => {
  const bench = new CoreBench()
  bench.logIn({ at: 3, lineage: [['1.a#1', 3]] })
  bench.say(broadcastLine({ epoch: '1.a#1', index: 5, n: 1 }))
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 9 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 12, n: 2 }))
  const login = moveOn(bench, { at: 12 })
  t.deepEqual(login['resume'], {
    session: 'ab'.repeat(16),
    publisher: 'me',
    lineage: [
      ['1.a#1', 8],
      ['2.b#1', 12],
    ],
  })
})

test('an EPOCH below what was seen takes it back', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  for (let n = 1; n <= 5; n++) bench.say(broadcastLine({ epoch: '1.a#1', index: n, n }))
  bench.say({ command: 'EPOCH', epoch: '1.a#1', index: 3 })
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 4 })
  const login = moveOn(bench, {})
  t.deepEqual((login['resume'] as { lineage: unknown }).lineage, [
    ['1.a#1', 3],
    ['2.b#1', 4],
  ])
})

test('an EPOCH of the reign before takes back all of the reign after it', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  for (const index of [1, 2, 3]) bench.say(broadcastLine({ epoch: '1.a#1', index, n: index }))
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 4 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 5, n: 4 }))
  bench.say({ command: 'EPOCH', epoch: '1.a#1', index: 2 })
  const login = moveOn(bench, {})
  t.deepEqual((login['resume'] as { lineage: unknown }).lineage, [['1.a#1', 2]])
})

test('after a lost connection the next server is the nearest that the last one named, at once', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.give({ type: 'disconnected' })
  t.deepEqual(dialledIn(bench.take()), [11])
  bench.give({ type: 'connect-failed', info: 'refused' })
  t.deepEqual(dialledIn(bench.take()), [12])
  bench.give({ type: 'connect-failed', info: 'refused' })
  t.deepEqual(dialledIn(bench.take()), [2], 'then the seeds; the lost server is the last of the round')
})

test('a server that was learned of, and names only others, is tried again when those are gone', (t) => {
  const bench = new CoreBench({ seeds: [serverAt(1)] })
  bench.logIn({ servers: [serverAt(11)] })
  bench.give({ type: 'disconnected' })
  bench.give({ type: 'connected' })
  bench.say(welcomeLine({ servers: [serverAt(12)] }))
  bench.give({ type: 'disconnected' })
  bench.take()
  const tried: number[] = []
  for (let step = 0; step < 40; step++) {
    bench.give({ type: 'connect-failed', info: 'refused' })
    bench.advance(1_000)
    tried.push(...dialledIn(bench.take()))
  }
  t.deepEqual([...new Set(tried)].sort(), [1, 11, 12])
})

test('when all have failed there is a pause, and it grows', (t) => {
  const bench = new CoreBench({ seeds: [serverAt(1)] })
  bench.give({ type: 'start' })
  const pauses: number[] = []
  for (let round = 0; round < 12; round++) {
    bench.give({ type: 'connect-failed', info: 'refused' })
    t.deepEqual(dialledIn(bench.take()).length, round === 0 ? 1 : 0)
    const beforeMs = bench.nowMs
    pauses.push(bench.core.nextDeadlineMs()! - beforeMs)
    bench.advance(bench.core.nextDeadlineMs()! - beforeMs)
    t.deepEqual(dialledIn(bench.take()), [1])
  }
  t.true(pauses.at(-1)! > 10 * pauses[0]!)
  t.true(pauses.every((pauseMs) => pauseMs > 5 && pauseMs <= 3_000))
})

for (const [what, rejection] of Object.entries({
  'logs us in and hangs up': [welcomeLine()],
  'takes the connection and hangs up': [],
  'calls everything invalid': [{ command: 'INVALID_MESSAGE', info: 'no' }],
})) {
  test(`a server that ${what} is not tried in a tight loop`, (t) => {
    const bench = new CoreBench({ seeds: [serverAt(1)] })
    bench.give({ type: 'start' })
    let dials = 0
    for (let step = 0; step < 200; step++) {
      const effects = bench.take()
      if (effects.some(({ type }) => type === 'stop')) break
      if (dialledIn(effects).length === 0) {
        bench.advance(1)
        continue
      }
      dials++
      bench.give({ type: 'connected' })
      for (const line of rejection) bench.say({ ...line, servers: [] })
      if (!bench.take().some(({ type }) => type === 'disconnect')) bench.give({ type: 'disconnected' })
    }
    t.true(dials <= 12, `${dials} attempts within 200 ms`)
  })
}

test('servers that redirect to each other are not followed for ever', (t) => {
  const bench = new CoreBench({ seeds: [serverAt(1)] })
  bench.give({ type: 'start' })
  let dials = 0
  let at = 1
  for (let step = 0; step < 300; step++) {
    const [port] = dialledIn(bench.take())
    if (port === undefined) {
      bench.advance(1)
      continue
    }
    dials++
    at = port
    bench.give({ type: 'connected' })
    bench.say(welcomeLine({ servers: [] }))
    bench.take()
    bench.say({ command: 'REDIRECT', hostname: 'jwp.test', port: at === 1 ? 2 : 1 })
  }
  t.true(dials <= 25, `${dials} attempts within 300 ms`)
})

test('a redirect is followed with the session, its port a number or a string', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say({ command: 'REDIRECT', hostname: 'jwp.test', port: '77' })
  const effects = bench.take()
  t.true(effects.some(({ type }) => type === 'disconnect'))
  t.deepEqual(dialledIn(effects), [77])
  bench.give({ type: 'connected' })
  t.like(lines(bench)[0], { command: 'LOGIN', resume: { publisher: 'me' } })
})

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

test('a server that gets nothing into the log is left, and the messages go to the next', (t) => {
  const bench = new CoreBench({ limits: { ackWaitMs: 5_000, pingEveryMs: 1_000 } })
  bench.logIn()
  bench.publish({})
  bench.take()
  for (let second = 0; second < 6; second++) {
    bench.advance(999)
    bench.say({ command: 'PONG' })
  }
  const effects = bench.take()
  t.true(effects.some(({ type }) => type === 'disconnect'))
  t.deepEqual(dialledIn(effects), [11])
  bench.give({ type: 'connected' })
  bench.say(welcomeLine())
  t.deepEqual(ids(bench), [1])
})

test('a silent server is asked, then left', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.advance(1_000)
  t.deepEqual(lines(bench), [{ command: 'PING' }])
  bench.say({ command: 'PONG' })
  bench.advance(2_500)
  t.false(bench.take().some(({ type }) => type === 'disconnect'))
  bench.advance(2_500)
  t.true(bench.take().some(({ type }) => type === 'disconnect'))
})

test('a client that slept accuses nobody', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.publish({})
  bench.take()
  // The lid was closed: one late tick, with the server's answers still in the socket.
  bench.nowMs += 3_600_000
  bench.give({ type: 'tick' })
  t.false(bench.take().some(({ type }) => type === 'disconnect'))
  bench.say({ command: 'ACTIVITY_ACK', id: 1, level: 'logged' })
  bench.advance(400)
  t.false(bench.take().some(({ type }) => type === 'disconnect'))
})

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

test('a new session goes on where the old one was, even at the beginning of the log', (t) => {
  const bench = new CoreBench({ limits: { keptAfterLogged: 0 } })
  bench.logIn()
  for (let i = 0; i < 3; i++) bench.publish({ i })
  bench.say({ command: 'ACTIVITY_ACK', id: 3, level: 'logged' })
  bench.take()
  bench.give({ type: 'disconnected' })
  const nextLogin = (): Record<string, unknown> => {
    bench.advance(2_500)
    bench.give({ type: 'connected' })
    return linesIn(bench.take()).find(({ command }) => command === 'LOGIN')!
  }
  // Server after server says that it has nothing of ours.
  let attempts = 0
  while (nextLogin()['resume'] !== undefined && attempts++ < 20) bench.say(welcomeLine())
  t.true(attempts > 1 && attempts < 20, 'at last it asks for a new session')
  bench.say(welcomeLine({ publisher: 'me again', at: 9, lineage: [['1.root#1', 9]] }))
  t.like(nextLogin(), { resume: { publisher: 'me again', lineage: [] } })
})

test('a gap is told', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say({ command: 'GAP', from: 5, to: 9, missed: 4, lineage: [['1.root#1', 9]] })
  t.deepEqual(eventsIn(bench.take()), [{ event: 'gap', from: 5, to: 9, missed: 4 }])
})

test('a refused login ends the client with the words of the server', (t) => {
  const bench = new CoreBench({ username: 'aaron', secret: 'wrong' })
  const ticket = bench.publish({})
  bench.give({ type: 'start' })
  bench.give({ type: 'connected' })
  bench.say({ command: 'LOGIN_FAILED', info: 'wrong secret for aaron' })
  const effects = bench.take()
  t.like(effects.at(-1), {
    type: 'stop',
    error: { kind: 'login-failed', info: 'wrong secret for aaron' },
  })
  t.like(
    effects.find(({ type }) => type === 'failed'),
    { ticket, mayHaveHappened: false },
  )
  t.is(bench.core.nextDeadlineMs(), undefined)
})

test('an undecided login is tried again', (t) => {
  const bench = new CoreBench()
  bench.give({ type: 'start' })
  bench.give({ type: 'connected' })
  bench.take()
  bench.say({ command: 'LOGIN_FAILED', info: 'not decided: the network did not answer, try again' })
  t.deepEqual(dialledIn(bench.take()), [2])
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

for (const [what, line] of Object.entries({
  'no object': 7,
  nothing: null,
  'a list': [],
  'an object without a command': { activity: {} },
  'a broadcast without its place': { command: 'ACTIVITY_BROADCAST', activity: {} },
  'a broadcast of a text': { ...broadcastLine({ index: 1, n: 1 }), activity: 'text' },
  'a redirect to nowhere': { command: 'REDIRECT', hostname: 'jwp.test', port: 70_000 },
})) {
  test(`a server that says ${what} is left for another`, (t) => {
    const bench = new CoreBench()
    bench.logIn()
    bench.give({ type: 'command', value: line })
    const effects = bench.take()
    t.true(effects.some(({ type }) => type === 'disconnect'))
    t.deepEqual(dialledIn(effects), [11])
    t.false(effects.some(({ type }) => type === 'deliver'))
  })
}

test('commands of newer servers are passed over', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say({ command: 'PRESENCE', username: 'aaron', online: true })
  t.deepEqual(bench.take(), [])
})

test('a redirect to a server that is dead by now: on to the others at once', (t) => {
  const bench = new CoreBench({ seeds: [serverAt(1), serverAt(2)] })
  bench.logIn()
  bench.advance(2_000)
  bench.take()
  bench.say({ command: 'REDIRECT', hostname: 'jwp.test', port: 77 })
  t.deepEqual(dialledIn(bench.take()), [77])
  bench.give({ type: 'connect-failed', info: 'refused' })
  const [next] = dialledIn(bench.take())
  t.true(next !== undefined && next !== 77, 'without a pause')
  bench.give({ type: 'connected' })
  t.like(lines(bench)[0], { command: 'LOGIN', resume: { publisher: 'me' } })
})
