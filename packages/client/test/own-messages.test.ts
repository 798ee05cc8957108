/** How many of a client's own messages are kept and under way, counted in bytes. */
import { defaultClientLimits } from '@jwp/client/core'
import test from 'ava'
import fc from 'fast-check'
import { OwnMessages } from '#dist/core/own-messages.js'

const limits = {
  ...defaultClientLimits,
  windowSize: 8,
  windowBytes: 100,
  maxWaiting: 20,
  maxWaitingBytes: 300,
  keptAfterLogged: 4,
  keptBytesAfterLogged: 60,
}
const message = (ticket: number, bytes: number) => ({ ticket, bytes, activity: { bytes } })
test('one message may be larger than every limit, but only one', (t) => {
  const own = new OwnMessages(limits)
  t.true(own.add(message(1, 1_000)))
  t.false(own.add(message(2, 1_000)))
  t.is(own.takeForWindow().length, 1)
  t.true(own.add(message(3, 1_000)))
  t.deepEqual(own.takeForWindow(), [], 'the window is full of the first')
  own.logged(1)
  t.is(own.takeForWindow().length, 1)
})

test('whatever happens, what is under way is bounded, nothing is forgotten before it is safe, and no number is missing', (t) => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), bytes: fc.integer({ min: 1, max: 80 }) }),
    fc.record({ do: fc.constant('withdraw' as const), back: fc.nat(30) }),
    fc.record({
      do: fc.constantFrom('log' as const, 'reconnect' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  )
  const property = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const own = new OwnMessages(limits)
    let ticket = 0
    let [logged, sent] = [0, 0]
    let flying: number[] = []
    const fill = (): void => {
      for (const { id, activity } of own.takeForWindow()) {
        const { bytes } = activity as { bytes: number }
        if (id !== logged + flying.length + 1) throw new Error(`number ${id} after ${logged + flying.length}`)
        flying.push(bytes)
        sent = Math.max(sent, id)
      }
      const all = flying.reduce((a, b) => a + b, 0)
      if (
        flying.length > limits.windowSize ||
        (flying.length > 1 && all - flying.at(-1)! >= limits.windowBytes)
      )
        throw new Error(`${all} bytes under way`)
    }
    for (const each of steps) {
      if (each.do === 'add') own.add(message(++ticket, each.bytes))
      else if (each.do === 'withdraw') own.withdraw(ticket - each.back)
      else if (each.do === 'log') {
        const upTo = logged + Math.round(each.part * flying.length)
        own.logged(upTo)
        own.settle(upTo, 'logged')
        flying = flying.slice(upTo - logged)
        logged = Math.max(logged, upTo)
      } else {
        const expect = Math.max(1, sent + 1 - Math.round(each.part * (sent - logged)))
        if (!own.canResumeAt(expect)) throw new Error(`cannot go on at ${expect}, ${logged} are logged`)
        own.resumeAt(expect)
        own.settle(expect - 1, 'logged')
        logged = expect - 1
        flying = []
      }
      fill()
    }
  })
  t.notThrows(() => {
    fc.assert(property)
  })
})
