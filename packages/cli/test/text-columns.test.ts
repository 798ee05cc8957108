/** Columns line up on the terminal, whatever the names are written in. */
import stringWidth from 'string-width'
import test from 'ava'
import { plain } from '#dist/terminal/palette.js'
import { textColumns } from '#dist/terminal/text-columns.js'

test('names that are wider, or narrower, than their letters are many shift no column', (t) => {
  const names = ['ann', '東京', 'ｆｕｌｌ', 'e\u0301te\u0301', '👩‍👩‍👧', '🇨🇭', '']
  const lines = textColumns(
    names.map((text) => [{ text }, { text: '7', align: 'right' as const }, { text: 'end' }]),
    plain,
  )
  t.is(lines.length, names.length)
  const columns = lines.map((line) => stringWidth(line.slice(0, line.lastIndexOf('end'))))
  t.deepEqual(
    columns,
    names.map(() => columns[0]!),
  )
})

test('what would steer the terminal is shown, and counted as it is shown', (t) => {
  const [steering, other] = textColumns(
    [
      [{ text: 'a\u001b[2J' }, { text: 'end' }],
      [{ text: 'b' }, { text: 'end' }],
    ],
    plain,
  )
  t.false(steering!.includes('\u001b'))
  t.is(steering!.indexOf('end'), other!.indexOf('end'))
})
