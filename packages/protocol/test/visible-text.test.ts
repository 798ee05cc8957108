/** Others' text on a terminal. */
import { visibleJson, visibleText } from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'

test('what steers a terminal or cannot be seen is shown as an escape', (t) => {
  for (const code of [
    0, 0x07, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x180e, 0x200b, 0x200d, 0x200e, 0x2028, 0x2029, 0x202e,
  ])
    t.is(visibleText(`a${String.fromCharCode(code)}b`), `a\\u${code.toString(16).padStart(4, '0')}b`)
  for (const code of [0x2060, 0x2066, 0x2069, 0x3164, 0xd800, 0xfeff, 0xfff9])
    t.is(visibleText(`a${String.fromCharCode(code)}b`), `a\\u${code.toString(16)}b`)
  t.is(visibleText('a\u{e0041}b'), String.raw`a\u{e0041}b`)
})

test('words of all languages and pictures stay', (t) => {
  for (const text of ['grüße', 'שלום', 'नमस्ते', '日本語', '👨‍👩‍👧', '❤️', '👍🏽', 'a\\b'])
    t.is(visibleText(text), text)
})

test('JSON keeps its value', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = visibleJson(JSON.stringify({ text }))
      t.deepEqual(JSON.parse(json), { text })
      t.is(visibleText(json), json)
    }),
  )
})
