/** However the network cuts the bytes, the same lines come out. */
import { LineSplitter, WriteUtfSplitter, type Splitter } from '@jwp/lines'
import test from 'ava'
import fc from 'fast-check'

/** Everything that comes out when the bytes come in pieces of these lengths, the last one repeated. */
function linesOf(splitter: Splitter, bytes: Buffer, pieces: readonly number[]): string[] {
  const lines: Buffer[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const length = pieces[i % pieces.length] ?? bytes.length
    // A copy, as from a socket: what the splitter keeps must not be the test's own buffer.
    lines.push(...splitter.push(Buffer.from(bytes.subarray(at, at + length))))
    at += length
  }
  lines.push(...splitter.end())
  return lines.map((line) => line.toString('latin1'))
}

const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })
const content = fc.string({
  unit: fc.constantFrom('a', '{', '}', '"', 'é', ' '),
  minLength: 1,
  maxLength: 12,
})
const lineEnd = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\r', '\n\r', '\r\n\r\n')

test('lines: any ends, any pieces', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(content, lineEnd)), fc.option(content), pieces, (lines, rest, lengths) => {
      const text = lines.map((line) => line.join('')).join('') + (rest ?? '')
      const expected = [...lines.map(([line]) => line), ...(rest === null ? [] : [rest])]
      t.deepEqual(linesOf(new LineSplitter(100), Buffer.from(text, 'latin1'), lengths), expected)
    }),
    { numRuns: 1_000 },
  )
})

test('lines: the limit is exact, and a longer line is refused before its end is seen', (t) => {
  for (const lengths of [[1], [3], [1_000]]) {
    const fits = new LineSplitter(10)
    t.deepEqual(linesOf(fits, Buffer.from('0123456789\nabc\n'), lengths), ['0123456789', 'abc'])
    t.is(fits.flaw, undefined)
    const breaks = new LineSplitter(10)
    t.deepEqual(linesOf(breaks, Buffer.from('first\n0123456789a'), lengths), ['first'])
    t.regex(breaks.flaw!, /longer than 10 bytes/)
    t.deepEqual(breaks.push(Buffer.from('\nnext\n')), [], 'what follows is thrown away')
    t.deepEqual(breaks.end(), [])
  }
})

const frame = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

test('writeUTF: any messages, any pieces', (t) => {
  const message = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), pieces, (messages, lengths) => {
      const bytes = Buffer.concat(messages.map(frame))
      const expected = messages.map((each) => each.toString('latin1'))
      t.deepEqual(linesOf(new WriteUtfSplitter(1_000), bytes, lengths), expected)
    }),
    { numRuns: 500 },
  )
})

test('writeUTF: lengths that look like line ends or braces', (t) => {
  for (const length of [0x0a, 0x0d, 0x7b, 0x0a0a, 0x0d0a, 0x7b22, 0xffff]) {
    const message = Buffer.alloc(length, 'x')
    const splitter = new WriteUtfSplitter(100_000)
    const bytes = Buffer.concat([frame(message), frame(Buffer.from('y'))])
    t.deepEqual(linesOf(splitter, bytes, [1, 500]), [message.toString(), 'y'])
  }
})

test('writeUTF: a longer message is refused by its announcement; a cut one is none', (t) => {
  const splitter = new WriteUtfSplitter(10)
  t.deepEqual(splitter.push(Buffer.concat([frame(Buffer.from('ok')), Buffer.from([0xff, 0xff])])), [
    Buffer.from('ok'),
  ])
  t.regex(splitter.flaw!, /longer than 10 bytes/)
  t.deepEqual(splitter.push(Buffer.from('more')), [])
  t.deepEqual(linesOf(new WriteUtfSplitter(10), Buffer.from([0, 5, 0x61, 0x62]), [1]), [])
})
