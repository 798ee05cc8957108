/** Exactly what our own packer writes gets past the guard, and nothing that makes the unpacker take memory. */
import test from 'ava'
import fc from 'fast-check'
import { pack, unpack } from 'msgpackr'
import { checkMessagePack, MalformedFrame, valueEnd } from '#dist/message-pack-guard.js'

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

test('any bytes at all are refused by the guard, or one value to the unpacker or none, and no harm', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        checkMessagePack(bytes)
      } catch (error) {
        t.true(error instanceof MalformedFrame)
        return
      }
      try {
        unpack(bytes)
      } catch (error) {
        // A map with a list for a key, say.
        t.false(error instanceof RangeError)
      }
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

test('where a value ends is found among others', (t) => {
  fc.assert(
    fc.property(value, value, fc.nat(9), (first, second, from) => {
      const [one, two] = [pack(first), pack(second)]
      const bytes = Buffer.concat([Buffer.alloc(from, 0xc1), one, two])
      t.is(valueEnd(bytes, from), from + one.length)
      t.is(valueEnd(bytes, from + one.length), bytes.length)
    }),
    { numRuns: 300 },
  )
})
