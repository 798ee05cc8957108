/** Messages between servers survive the wire as they are; whatever else comes is told in words and nothing more. */
import {
  fromWire,
  MalformedMessage,
  maxBatchEntries,
  packPending,
  toWire,
  type ServerMessage,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'
import { anyMessage, messageOf, messageTypes } from './support/server-message-arbitraries.js'

for (const type of messageTypes) {
  test(`${type} comes out as it went in`, (t) => {
    fc.assert(
      fc.property(messageOf(type), (message) => {
        t.deepEqual(fromWire(toWire(message)), message)
      }),
      { numRuns: 50 },
    )
  })
}

test('a message with anything wrong in it is a MalformedMessage or still a message of that type', (t) => {
  const spoilt = anyMessage.chain((message) => mutated(toWire(message)))
  let refused = 0
  fc.assert(
    fc.property(spoilt, (raw) => {
      const outcome = read(raw)
      if (outcome instanceof MalformedMessage) refused++
      else t.deepEqual(fromWire(toWire(outcome)), outcome)
    }),
    { numRuns: 3_000 },
  )
  t.true(refused > 1_000, 'most of what was spoilt is noticed')
})

/** Any other error is the test's. */
function read(raw: unknown): ServerMessage | MalformedMessage {
  try {
    return fromWire(raw)
  } catch (error) {
    if (error instanceof MalformedMessage) return error
    throw error
  }
}

for (const [what, raw] of [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'LOG'],
  ['a list', ['LOG']],
  ['a number', 7],
  ['no type', {}],
  ['an unknown type', { type: 'SHUTDOWN' }],
  ['a type that is no text', { type: ['ACK'] }],
  ['a type that every object has', { type: 'toString' }],
  ['a type that is a prototype', { type: '__proto__' }],
] as const) {
  test(`${what} is no message`, (t) => {
    t.throws(() => fromWire(raw), { instanceOf: MalformedMessage, message: 'not a message between servers' })
  })
}

test('the fault is told with the message and the field', (t) => {
  t.throws(() => fromWire({ type: 'ACK', index: -1 }), {
    instanceOf: MalformedMessage,
    message: 'ACK: index is not a whole number',
  })
  t.throws(() => fromWire({ type: 'LEAVE', to: { name: 'a', host: 'b', port: 70_000, secret: 's' } }), {
    message: 'LEAVE: port is not a port',
  })
})

test('fields that no message has are dropped', (t) => {
  t.deepEqual(fromWire({ type: 'HELD', batch: 3, secret: 'x', __proto__: { more: 1 } }), {
    type: 'HELD',
    batch: 3,
  })
})

test('long texts, lists and batches are refused by their length', (t) => {
  const address = { name: 'a', host: 'b', port: 1, secret: 's' }
  const tooLong = (raw: object) => t.throws(() => fromWire(raw), { instanceOf: MalformedMessage }).message
  t.regex(tooLong({ type: 'STATUS', secret: 'x'.repeat(5_000) }), /longer than/)
  t.regex(tooLong({ type: 'SOME', members: Array.from({ length: 5_000 }, () => address) }), /more than/)
  const lengths = Array.from({ length: maxBatchEntries + 1 }, () => 0)
  const block = { ...packPending([]), runs: [['p', 0, 1, lengths.length]], lengths }
  t.regex(tooLong({ type: 'UP', batch: 1, block }), /too many entries/)
})
