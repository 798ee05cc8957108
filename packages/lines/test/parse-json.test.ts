/** One line to a value, or to words. */
import { maxJsonDepth } from '@jwp/protocol'
import { decodeModifiedUtf8, parseModifiedUtf8Line, parseUtf8Line } from '@jwp/lines'
import test from 'ava'
import fc from 'fast-check'

const parseError = 'JSON parse error while parsing message'

test('any JSON is read', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      t.deepEqual(parseUtf8Line(Buffer.from(text)), { ok: true, value: JSON.parse(text) as unknown })
    }),
  )
})

test('any bytes give a value or words', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      for (const parsed of [parseUtf8Line(Buffer.from(bytes)), parseModifiedUtf8Line(Buffer.from(bytes))]) {
        t.true(parsed.ok || parsed.info.startsWith(parseError))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('what is no JSON, and what is no UTF-8, are told apart', (t) => {
  t.deepEqual(parseUtf8Line(Buffer.from('Hello')), { ok: false, info: parseError })
  for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    t.deepEqual(parseUtf8Line(Buffer.from(bytes)), { ok: false, info: `${parseError}: not UTF-8` })
  }
  t.deepEqual(parseModifiedUtf8Line(Buffer.from([0xf0, 0x28])), {
    ok: false,
    info: `${parseError}: not modified UTF-8`,
  })
})

test('a byte order mark is left out', (t) => {
  t.deepEqual(parseUtf8Line(Buffer.from('\ufeff{"a":1}')), { ok: true, value: { a: 1 } })
})

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

test('the depth limit is exact, and brackets inside texts do not count', (t) => {
  t.true(parseUtf8Line(Buffer.from(nested(maxJsonDepth))).ok)
  const tooDeep = { ok: false, info: `${parseError}: nested deeper than ${maxJsonDepth}` }
  t.deepEqual(parseUtf8Line(Buffer.from(nested(maxJsonDepth + 1))), tooDeep)
  t.deepEqual(parseUtf8Line(Buffer.from('{"a":'.repeat(500_000))), tooDeep)
  const brackets = { text: '[{'.repeat(1_000), more: '"\\['.repeat(500) }
  t.deepEqual(parseUtf8Line(Buffer.from(JSON.stringify(brackets))), { ok: true, value: brackets })
  const flat = Array.from({ length: 1_000 }, () => [{}])
  t.deepEqual(parseUtf8Line(Buffer.from(JSON.stringify(flat))), { ok: true, value: flat })
})

/** As `DataOutputStream.writeUTF` does it: one UTF-16 unit after the other, NUL in two bytes. */
function modifiedUtf8(text: string): Buffer {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0 && unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}

test('modified UTF-8: whatever Java writes, surrogates and NUL included', (t) => {
  t.deepEqual([...modifiedUtf8('\u0000')], [0xc0, 0x80])
  t.is(modifiedUtf8('😀').length, 6)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      t.is(decodeModifiedUtf8(modifiedUtf8(text)), text)
    }),
    { numRuns: 500 },
  )
  const long = `${'é😀\u0000'.repeat(5_000)}`
  t.is(decodeModifiedUtf8(modifiedUtf8(long)), long)
})

test('modified UTF-8: ordinary UTF-8 means the same, cut characters are refused', (t) => {
  t.is(decodeModifiedUtf8(Buffer.from('naïve 😀')), 'naïve 😀')
  for (const bytes of [[0xe2, 0x82], [0xc3], [0x80], [0xc0, 0x80, 0xf0, 0x9f, 0x98, 0x80]]) {
    t.throws(() => decodeModifiedUtf8(Buffer.from(bytes)), { instanceOf: RangeError })
  }
})
