/** Where a client goes when its server is gone, sends it away, falls silent or makes no sense. */
import test from 'ava'
import {
  CoreBench,
  dialledIn,
  eventsIn,
  ids,
  lines,
  linesIn,
  serverAt,
  welcomeLine,
} from './support/core-bench.js'

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

test('a client that slept gives up no server', (t) => {
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

for (const [what, line] of Object.entries({
  'no object': 7,
  nothing: null,
  'a list': [],
  'an object without a command': { activity: {} },
  'a broadcast without its place': { command: 'ACTIVITY_BROADCAST', activity: {} },
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

test('a redirect, at login or later, is no loss of a server; a target that is not there is one', (t) => {
  const bench = new CoreBench()
  bench.give({ type: 'start' })
  bench.give({ type: 'connected' })
  bench.say({ command: 'REDIRECT', hostname: 'jwp.test', port: 2 })
  bench.give({ type: 'connected' })
  bench.say(welcomeLine())
  bench.say({ command: 'REDIRECT', hostname: 'jwp.test', port: 3 })
  const events = eventsIn(bench.take()).map(({ event }) => event)
  t.deepEqual(events, ['redirected', 'online', 'redirected'])
  bench.give({ type: 'connect-failed', info: 'no server there' })
  t.deepEqual(
    eventsIn(bench.take()).map(({ event }) => event),
    ['offline'],
  )
})

test('the server that asks whether we are there is answered; while we do not read, we say so by ourselves', (t) => {
  const bench = new CoreBench()
  bench.logIn()
  bench.say({ command: 'PING', nonce: 7 })
  t.deepEqual(linesIn(bench.take()), [{ command: 'PONG', nonce: 7 }])
  bench.give({ type: 'reading', paused: true })
  bench.advance(30_000)
  const said = linesIn(bench.take())
  t.is(said.length, 6)
  t.deepEqual(said[0], { command: 'PING' })
})
