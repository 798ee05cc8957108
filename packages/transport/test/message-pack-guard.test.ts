/** Exactly what our own packer writes gets past the guard, and nothing that makes the unpacker take memory. */
import { fromWire, logRuns, MalformedMessage, packLog, toWire } from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { pack, unpack } from 'msgpackr'
import { checkMessagePack, MalformedFrame } from '#dist/message-pack-guard.js'

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 40 }),
    fc.dictionary(fc.string({ maxLength: 40 }), tie('value'), { maxKeys: 20 }),
  ),
})).value

test('whatever we pack gets past', (t) => {
  fc.assert(
    fc.property(value, (any) => {
      t.notThrows(() => {
        checkMessagePack(pack(any))
      })
    }),
    { numRuns: 500 },
  )
})

const entry = {
  publisher: 'p' as never,
  n: 1,
  kind: 'activity' as const,
  body: Buffer.from('{"command":"ACTIVITY_BROADCAST"}\n'),
  epoch: '1.a#1' as never,
  timestamp: 5,
}
const log = toWire({
  type: 'LOG',
  from: 1,
  runs: logRuns([entry, { ...entry, n: 2, timestamp: 9 }]),
  commit: 0,
  ack: true,
})

test('a frame with some bytes changed is refused at some step, or still a message', (t) => {
  const frame = pack(log)
  let refused = 0
  const change = fc.tuple(fc.nat(frame.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Buffer.from(frame)
      for (const [at, byte] of changes) bytes[at] = byte
      if (readOrRefuse(bytes) === undefined) refused++
    }),
    { numRuns: 5_000 },
  )
  t.true(refused > 1_000)
})

test('any bytes at all are refused at some step, or a value', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readOrRefuse(Buffer.from(bytes))
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

/** Undefined: refused in one of the ways that a link knows. Anything else is the test's. */
function readOrRefuse(bytes: Buffer): unknown {
  try {
    checkMessagePack(bytes)
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined
    throw error
  }
  let raw: unknown
  try {
    raw = unpack(bytes)
  } catch {
    // A map with a list for a key, say: net-ipc reports it, and the link is closed.
    return undefined
  }
  try {
    return fromWire(raw)
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}

test('announced items need bytes to be in, all levels together', (t) => {
  const refused = (...bytes: number[]) =>
    t.throws(
      () => {
        checkMessagePack(Buffer.from(bytes))
      },
      { instanceOf: MalformedFrame },
    )
  refused()
  refused(0xdd, 0x01, 0xc9, 0xc3, 0x80)
  refused(0xdd, 0x01)
  refused(0xdc, 0x00, 0x03, 0xdc, 0x00, 0x03, 0xdc, 0x00, 0x03)
  refused(0xdf, 0xff, 0xff, 0xff, 0xff)
  refused(0xc6, 0xff, 0xff, 0xff, 0xff)
  refused(0xdb, 0x00, 0x00, 0x00, 0x02, 0x61)
  refused(0xd6, 0xff, 0, 0, 0, 0)
  refused(0xd4, 0x01, 0x00)
  refused(0x01, 0x01)
})

test('the guard reads a long batch', (t) => {
  const entries = Array.from({ length: 5_000 }, (_, i) => ({ ...entry, n: i + 1, timestamp: 3 * i }))
  t.notThrows(() => {
    checkMessagePack(pack({ t: 1, d: [{ type: 'LOG', block: packLog(logRuns(entries)) }] }))
  })
})
