import { clockMessageFromWire, clockMessageToWire, MalformedMessage, type ClockMessage } from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'

const messages: readonly ClockMessage[] = [
  { type: 'TIME', nonce: 1, count: 5, atLeast: 7 },
  { type: 'GRANT', nonce: 1, start: 2 ** 52, count: 5 },
  { type: 'TIME_REFUSED', nonce: 0, info: 'too far ahead' },
  { type: 'NOT_LEADER', nonce: 2 },
]

for (const message of messages) {
  test(`${message.type} comes out as it went in`, (t) => {
    t.deepEqual(clockMessageFromWire(structuredClone(clockMessageToWire(message))), message)
  })

  test(`a spoilt ${message.type} is refused or still one`, (t) => {
    fc.assert(
      fc.property(mutated(clockMessageToWire(message)), (raw) => {
        try {
          t.deepEqual(Object.keys(clockMessageFromWire(raw)).sort(), Object.keys(message).sort())
        } catch (error) {
          if (!(error instanceof MalformedMessage)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })
}

test('what is no message of the clock protocol is told so', (t) => {
  for (const raw of [undefined, null, 3, 'TIME', {}, { type: 'ACK' }, { type: 'constructor' }]) {
    t.throws(() => clockMessageFromWire(raw), { instanceOf: MalformedMessage })
  }
})

test('a clock that stands by says where the leader is, if it knows', (t) => {
  const message: ClockMessage = { type: 'NOT_LEADER', nonce: 2, leader: { host: 'beta', port: 3779 } }
  t.deepEqual(clockMessageFromWire(structuredClone(clockMessageToWire(message))), message)
  for (const leader of [5, {}, { host: 'x' }, { host: 'x', port: 0 }, { host: 'x'.repeat(300), port: 1 }])
    t.throws(() => clockMessageFromWire({ ...message, version: 1, leader }), { instanceOf: MalformedMessage })
})
