/** How a client logs in, and with what of the session before. */
import test from 'ava'
import {
  broadcastLine,
  CoreBench,
  dialledIn,
  lines,
  linesIn,
  moveOn,
  welcomeLine,
} from './support/core-bench.js'

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
      versions: [1, 1],
      ackLevel: 'held',
      holder: 'bench',
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

test('an EPOCH of the term before takes back all of the term after it', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  for (const index of [1, 2, 3]) bench.say(broadcastLine({ epoch: '1.a#1', index, n: index }))
  bench.say({ command: 'EPOCH', epoch: '2.b#1', index: 4 })
  bench.say(broadcastLine({ epoch: '2.b#1', index: 5, n: 4 }))
  bench.say({ command: 'EPOCH', epoch: '1.a#1', index: 2 })
  const login = moveOn(bench, {})
  t.deepEqual((login['resume'] as { lineage: unknown }).lineage, [['1.a#1', 2]])
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
  // Server after server says that it knows nothing of this client.
  let attempts = 0
  while (nextLogin()['resume'] !== undefined && attempts++ < 20) bench.say(welcomeLine())
  t.true(attempts > 1 && attempts < 20, 'at last it asks for a new session')
  bench.say(welcomeLine({ publisher: 'me again', at: 9, lineage: [['1.root#1', 9]] }))
  t.like(nextLogin(), { resume: { publisher: 'me again', lineage: [] } })
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

test('a server that speaks no version that we know, or names none, is no server for us: the end, in words', (t) => {
  for (const [version, words] of [
    [undefined, 'the server no version that it names'],
    [2, 'the server version 2'],
  ] as const) {
    const bench = new CoreBench()
    bench.give({ type: 'start' })
    bench.give({ type: 'connected' })
    bench.say({ ...welcomeLine(), version })
    const [stop] = bench.takeAll('stop')
    t.deepEqual(stop?.error, {
      kind: 'login-failed',
      info: `no protocol version in common: this client speaks version 1, ${words}`,
    })
  }
})

test('a session that another program has taken over is not taken back', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.publish({ text: 'not acknowledged yet' })
  bench.say({ command: 'AUTHENTICATION_FAIL', info: 'this session was taken over' })
  const effects = bench.take()
  t.deepEqual(dialledIn(effects), [], 'it does not come back')
  t.like(
    effects.find(({ type }) => type === 'failed'),
    { mayHaveHappened: true },
  )
  t.like(
    effects.find(({ type }) => type === 'stop'),
    { error: { kind: 'taken-over' } },
  )
})
