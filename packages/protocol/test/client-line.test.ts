/** What a client's line says, and which bytes of it reach its readers. JSON.parse is the judge. */
import { Buffer } from 'node:buffer'
import {
  endingFor,
  finishLine,
  jsonForOneLine,
  maxFinishedLineBytes,
  maxJsonDepth,
  maxLineBytes,
  maxPlaceBytes,
  placeAfter,
  positionAtEnd,
  readClientLine,
  scanJson,
  whyTooLong,
  type LogEntry,
  type ReadClientLine,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'

const platform = {
  encodeUtf8: (text: string) => Buffer.from(text),
  decodeUtf8: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
}

const read = (text: string): ReadClientLine => readClientLine(Buffer.from(text), platform)

/** What readers get of it. */
function finished(text: string, username = 'aaron'): string {
  const result = read(text)
  if (!result.ok || result.line.activity === undefined) throw new Error(`no activity in ${text}`)
  return platform.decodeUtf8(finishLine(result.line.activity, endingFor(username, platform)))
}

/** What they get of an activity's own text. */
function published(activity: string): string {
  const line = finished(`{"command":"ACTIVITY_MESSAGE","activity":${activity}}`)
  return line.slice('{"command":"ACTIVITY_BROADCAST","activity":'.length, -2)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('what was written stays as it was written', (t) => {
  for (const members of [
    '"big":12345678901234567890,"huge":1e400,"neg":-0,"price":1.10',
    '"b":1,"a":2,"10":3,"9":4',
    String.raw`"escapes":"\u0041\/\n\ud83d\ude00\ud800","raw":"äöü €😀"`,
    '"twice":1,"twice":2',
    ' "a" : [ 1 , 2 ] ',
    '"__proto__":{"x":1}',
  ]) {
    t.is(published(`{${members}}`), `{${members},"authenticated_user":"aaron"}`)
  }
  t.is(published('{}'), '{"authenticated_user":"aaron"}')
  t.is(published('{  }'), '{"authenticated_user":"aaron"}')
})

test('a name that somebody gives himself is left out, however it is written and however often', (t) => {
  const escaped = String.raw`"\u0061uthenticated\u005fuse\u0072"`
  t.is(published('{"authenticated_user":"eve"}'), '{"authenticated_user":"aaron"}')
  t.is(published(`{${escaped}:"eve"}`), '{"authenticated_user":"aaron"}')
  t.is(
    published(`{"a":1,${escaped}:{"x":[1,"}"]},"b":2,"authenticated_user":3,"authenticated_user":4,"c":3}`),
    '{"a":1,"b":2,"c":3,"authenticated_user":"aaron"}',
  )
  t.is(
    published('{"authenticated_user":1,"a":{"authenticated_user":2}}'),
    '{"a":{"authenticated_user":2},"authenticated_user":"aaron"}',
  )
  t.is(
    published('{"authenticated_use":1,"authenticated_users":2}'),
    '{"authenticated_use":1,"authenticated_users":2,"authenticated_user":"aaron"}',
  )
})

test('of several activities the last counts', (t) => {
  t.is(
    finished('{"activity":{"a":1},"command":"X","activity":{"b":2},"id":7}'),
    '{"command":"ACTIVITY_BROADCAST","activity":{"b":2,"authenticated_user":"aaron"}}\n',
  )
  t.is(finished(String.raw`{"activity":{"a":1},"\u0061ctivity":{"b":2}}`), finished('{"activity":{"b":2}}'))
  const result = read('{"activity":{"a":1},"activity":[{"b":2}]}')
  t.deepEqual(result, { ok: true, line: { value: { activity: [{ b: 2 }] } } })
  t.deepEqual(read('{"inner":{"activity":{}}}'), { ok: true, line: { value: { inner: { activity: {} } } } })
})

test('a finished line is one line for every reader', (t) => {
  t.is(
    published('{\t"a"\n:\r1,"b":"\u2028\u2029\u0085\u00e9\u2027\u0084"}'),
    String.raw`{ "a" : 1,"b":"\u2028\u2029\u0085é‧` + '\u0084","authenticated_user":"aaron"}',
  )
  t.true(finished('{"activity":{}}', 'a\u2028b').includes(String.raw`"a\u2028b"`))
  t.is(jsonForOneLine('\u0085'), String.raw`"\u0085"`)
})

test('a byte order mark before a line is left out', (t) => {
  t.is(finished('\ufeff{"activity":{"a":1}}'), finished('{"activity":{"a":1}}'))
  t.false(read('{"activity":\ufeff{"a":1}}').ok)
})

/** JSON with all the freedom that JSON gives, as text. */
const jsonText = fc.letrec<{ value: string; key: string }>((tie) => {
  const gap = fc.constantFrom('', '', '', ' ', '\t', ' \n', '\r')
  const number = fc.constantFrom('0', '-0', '1.10', '12345678901234567890', '1e400', '1E-7', '-3.5e+10', '7')
  const string = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom(String.raw`"\u0061\/"`, '"authenticated_user"', '"activity"', '"\u2028"', '"\u0085"'),
  )
  return {
    key: fc.oneof(
      fc.constantFrom('"activity"', '"authenticated_user"', '"__proto__"', String.raw`"\u0061ctivity"`),
      fc.constant(String.raw`"authenticated\u005Fuser"`),
      string,
    ),
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      number,
      string,
      fc.constantFrom('true', 'false', 'null'),
      fc
        .array(fc.tuple(gap, tie('value'), gap), { maxLength: 4 })
        .map((items) => `[${items.map((item) => item.join('')).join(',') || ' '}]`),
      fc
        .array(fc.tuple(gap, tie('key'), gap, fc.constant(':'), gap, tie('value'), gap), { maxLength: 5 })
        .map((members) => `{${members.map((member) => member.join('')).join(',') || ' '}}`),
    ),
  }
}).value

/** A text with a few bytes changed: nearly JSON. */
const almostJson = fc
  .tuple(
    jsonText,
    fc.array(
      fc.tuple(fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '{', ':', '\\', '0', '-', 'e', '\u0001')),
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [at, with_]) => {
      const place = at % (changed.length + 1)
      return changed.slice(0, place) + with_ + changed.slice(place + 1)
    }, text),
  )

test('JSON is what JSON.parse takes', (t) => {
  fc.assert(
    fc.property(fc.oneof(jsonText, almostJson, fc.string()), (text) => {
      // A lone surrogate becomes another character on the wire, which changes nothing about the syntax.
      t.is(scanJson(Buffer.from(text)).ok, isJson(text), text)
    }),
    { numRuns: 3_000 },
  )
})

test('readers get what JSON.parse sees, whatever was written', (t) => {
  fc.assert(
    fc.property(jsonText, jsonText, fc.string({ unit: 'binary' }), (one, activity, username) => {
      const text = `{"x":${one},"activity":${activity},"id":5}`
      const result = read(text)
      if (!result.ok) throw new Error(`refused: ${text}`)
      const whole = JSON.parse(text) as { activity: unknown }
      if (!activity.startsWith('{')) {
        t.deepEqual(result.line, { value: whole })
        return
      }
      t.deepEqual(result.line.value, { ...whole, activity: {} })
      const line = finished(text, username)
      t.regex(line, /^[^\u0000-\u001f\u0085\u2028\u2029]*\n$/)
      // As it was done with objects. Their keys may stand in another order.
      const expected = whole.activity as Record<string, unknown>
      delete expected['authenticated_user']
      const got = (JSON.parse(line) as { activity: Record<string, unknown> }).activity
      t.is(got['authenticated_user'], username)
      delete got['authenticated_user']
      t.deepEqual(got, expected)
    }),
    { numRuns: 2_000 },
  )
})

test('depth is bounded, and costs no stack', (t) => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  t.deepEqual(scanJson(Buffer.from(nested(maxJsonDepth))), { ok: true, activity: undefined })
  t.deepEqual(scanJson(Buffer.from(nested(maxJsonDepth + 1))), { ok: false, why: 'depth' })
  t.deepEqual(scanJson(Buffer.from('{"a":'.repeat(500_000))), { ok: false, why: 'depth' })
  t.true(scanJson(Buffer.from(JSON.stringify({ text: '[{'.repeat(1_000) }))).ok)
})

test('the longest place has its room', (t) => {
  const largest = Number.MAX_SAFE_INTEGER
  const entry = {
    kind: 'activity',
    epoch: '\u0001'.repeat(352),
    publisher: '\u0001'.repeat(352),
    n: largest,
    timestamp: largest,
    body: new Uint8Array(),
  } as unknown as LogEntry
  const place = placeAfter(entry, largest)
  t.true(Buffer.byteLength(place) <= maxPlaceBytes)
  const { epoch, publisher, n } = entry
  t.deepEqual(positionAtEnd(`"}}${place}`), { epoch, publisher, n, index: largest })
  t.deepEqual(positionAtEnd(`"},"index":5}${place}`), { epoch, publisher, n, index: largest })
  t.is(positionAtEnd(`"},"index":5}}\n`), undefined)
})

test('an activity that grows beyond what readers take is refused in words', (t) => {
  t.is(whyTooLong(maxLineBytes, 1_000), undefined)
  t.regex(whyTooLong(maxFinishedLineBytes, 1_000)!, /^the activity was not published: /)
})

test('whatever stands around an activity is read as JSON.parse reads it, be it written as usual or nearly so', (t) => {
  const around = fc.tuple(
    fc.constantFrom('{', ' {', '{ ', '[', '\ufeff{'),
    fc.constantFrom(
      '"command":"ACTIVITY_MESSAGE",',
      '"command": "ACTIVITY_MESSAGE",',
      '"command":"LOGIN",',
      '',
    ),
    fc.constantFrom('', '"id":', '"id": ', '"ib":', '"id":1,"id":'),
    fc.oneof(
      fc.constantFrom(
        '',
        '0,',
        '01,',
        '-1,',
        '1.5,',
        '1e3,',
        '7',
        '"7",',
        '999999999999999,',
        '9007199254740993,',
        ',',
      ),
      fc.nat().map((n) => `${n},`),
    ),
    fc.constantFrom('"activity":', '"activity" :', '"activities":', '"activity":{},"activity":'),
    fc.constantFrom('{}', '{"a":1}', '{"authenticated_user":"x"}', '[]', '1'),
    fc.constantFrom('}', ' }', '} ', ',"id":2}', ',"activity":{"b":2}}', ']', ''),
  )
  let usual = 0
  fc.assert(
    fc.property(around, (parts) => {
      const text = parts.join('')
      const result = read(text)
      const json = text.replace(/^\ufeff/, '')
      if (result.ok !== isJson(json)) return false
      if (!result.ok) return true
      const value: unknown = JSON.parse(json)
      if (result.line.activity !== undefined) {
        usual++
        ;(value as { activity: unknown }).activity = {}
      }
      t.deepEqual(result.line.value, value)
      return true
    }),
    { numRuns: 5_000, seed: 9 },
  )
  t.true(usual > 100, String(usual))
  const many = (id: string): unknown => {
    const result = read(`{"command":"ACTIVITY_MESSAGE","id":${id},"activity":{"a":1}}`)
    return result.ok && result.line.value
  }
  for (const id of ['0', '7', '10', '123456789012345', '9007199254740991', '9007199254740993'])
    t.deepEqual(many(id), { command: 'ACTIVITY_MESSAGE', id: Number(id), activity: {} })
  for (const id of ['00', '07', '1 2', '+1', '1_0']) t.false(many(id))
})
