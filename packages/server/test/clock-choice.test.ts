/** Which of several clocks a root asks, and that it is never kept busy by those that do not serve. */
import test from 'ava'
import { ClockChoice } from '#dist/core/log/clock-choice.js'

const at = (host: string, port = 1): { host: string; port: number } => ({ host, port })
const three = { ...at('a'), standbys: [at('b'), at('c')] }

test('the only clock is asked again and again, and never at once', (t) => {
  const choice = new ClockChoice(at('a'))
  for (let k = 0; k < 3; k++) {
    t.false(choice.pass())
    t.deepEqual(choice.current, at('a'))
  }
})

test('each of the others is tried once, in turn; then it begins again', (t) => {
  const choice = new ClockChoice(three)
  const asked = [choice.current.host]
  while (choice.pass()) asked.push(choice.current.host)
  t.deepEqual(asked, ['a', 'b', 'c'])
  const again = [choice.current.host]
  while (choice.pass()) again.push(choice.current.host)
  t.deepEqual(again, ['a', 'b', 'c'])
})

test('what a standby says comes first', (t) => {
  const choice = new ClockChoice(three)
  t.true(choice.pass(at('c')))
  t.deepEqual(choice.current, at('c'))
  choice.served(1)
  t.true(choice.pass(at('d')), 'also if nobody has heard of it')
  t.deepEqual(choice.current, at('d'))
})

test('but not one that was asked in vain just now', (t) => {
  const choice = new ClockChoice(three)
  choice.pass()
  t.true(choice.pass(at('a')))
  t.deepEqual(choice.current, at('c'))
  t.false(choice.pass(at('a')))
  t.deepEqual(choice.current, at('a'), 'it is the next after a break')
})

test('clocks that lead us on and on come to an end', (t) => {
  const choice = new ClockChoice(three)
  let tries = 0
  while (choice.pass(at('trap', ++tries))) t.true(tries < 20)
  t.true(tries <= 6)
})

test('localhost, said by a clock on another machine, is that machine', (t) => {
  const choice = new ClockChoice({ ...at('10.0.0.1'), standbys: [at('10.0.0.2')] })
  choice.pass(at('localhost', 9))
  t.deepEqual(choice.current, at('10.0.0.1', 9))
})

test('a parent that says the same again changes nothing; another list begins anew', (t) => {
  const choice = new ClockChoice(three)
  choice.pass()
  choice.learn(structuredClone(three))
  t.deepEqual(choice.current, at('b'))
  choice.learn({ ...at('x'), standbys: [at('y')] })
  t.deepEqual(choice.current, at('x'))
  t.deepEqual(choice.known, { ...at('x'), standbys: [at('y')] })
})

test('a clock that does not answer in time gets twice as long the next time, bounded, until it serves', (t) => {
  const choice = new ClockChoice({ host: 'a', port: 1 })
  const limits = Array.from({ length: 8 }, () => {
    const limitMs = choice.timeoutMs(100)
    choice.ranOut()
    return limitMs
  })
  t.deepEqual(limits, [100, 200, 400, 800, 1_600, 3_200, 4_000, 4_000])
  choice.served(150)
  t.is(choice.timeoutMs(100), 600, 'four times what it took')
  choice.served(5)
  t.is(choice.timeoutMs(100), 100)
})
