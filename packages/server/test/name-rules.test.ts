/** Which names may be registered, and what is said of the others. */
import test from 'ava'
import fc from 'fast-check'
import { utf8Length, whyNoName, whyNoSecret } from '#dist/core/accounts/name-rules.js'

for (const name of [
  'ann',
  'Ann Smith',
  "o'neil_42@example.org",
  'grün',
  'Ελένη',
  'Анна',
  '田中さん',
  '田中 Taro',
  'نور',
  'अनु',
  '🌲 tree',
  'anonymous2',
]) {
  test(`a name: ${name}`, (t) => {
    t.is(whyNoName(name), undefined)
  })
}

const escaped = (name: string): string =>
  JSON.stringify(name).replace(/[^ -~]/gu, (c) => `<${c.codePointAt(0)!.toString(16)}>`)

for (const [name, why] of [
  [' ann', /spaces/],
  ['ann ', /spaces/],
  [' ', /spaces/],
  ['ann\u00a0smith', /spaces/],
  ['ann\u3000smith', /spaces/],
  ['ann\tsmith', /cannot be seen/],
  ['ann\n', /cannot be seen/],
  ['ann\u0000', /cannot be seen/],
  ['\u001b[31mann', /cannot be seen/],
  ['ann\u007f', /cannot be seen/],
  ['an\u200bn', /cannot be seen/],
  ['an\u200dn', /cannot be seen/],
  ['\ufeffann', /cannot be seen/],
  ['\u202enna', /cannot be seen/],
  ['ann\u2066', /cannot be seen/],
  ['an\u00adn', /cannot be seen/],
  ['an\u034fn', /cannot be seen/],
  ['\u3164', /cannot be seen/],
  ['ann\ufe0f', /cannot be seen/],
  ['ann\ud800', /cannot be seen/],
  ['ann\ue000', /cannot be seen/],
  ['ann\u0378', /cannot be seen/],
  ['ann\uffff', /cannot be seen/],
  ['ann\u2028', /cannot be seen/],
  ['\u2800', /cannot be seen/],
  ['\u0301ann', /accent/],
  ['gru\u0308n', /"grün"/],
  ['\uff41nn', /"ann"/],
  ['\ufb01nn', /"finn"/],
  ['\u00b2', /"2"/],
  ['\u0430nn', /look alike/],
  ['\u03bfnn', /look alike/],
  ['Anonymous', /cannot be registered/],
  ['ANONYMOUS', /cannot be registered/],
] as const) {
  test(`no name: ${escaped(name)}`, (t) => {
    t.regex(whyNoName(name) ?? '', why)
  })
}

test('whatever is registered is its own only form', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      if (whyNoName(name) !== undefined) return
      for (const form of ['NFC', 'NFKC'] as const) t.is(name.normalize(form), name)
      t.is(name.trim(), name)
    }),
    { numRuns: 2_000 },
  )
})

test('a length is counted as UTF-8 has it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === Buffer.byteLength(text)),
    { numRuns: 1_000 },
  )
  t.is(utf8Length('\ud800'), Buffer.byteLength('\ud800'))
})

test('a secret is any text without control characters', (t) => {
  for (const secret of ['x', 'correct horse battery staple', ' ', 'пароль', '🌲', 'a\u0301'])
    t.is(whyNoSecret(secret), undefined)
  for (const secret of ['\n', 'a\u0000b', '\u001b', '\u007f', '\u0085', '\udc00'])
    t.regex(whyNoSecret(secret) ?? '', /control/)
})
