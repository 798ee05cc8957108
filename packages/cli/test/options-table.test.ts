/** docs/operations.md lists every option as `--help` has it. `npm run docs:options` writes the list. */
import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { optionsTable } from './support/options-table.js'

const path = fileURLToPath(new URL('../../../../docs/operations.md', import.meta.url))
const begin = '<!-- options: written by "npm run docs:options", do not edit -->'
const end = '<!-- end of options -->'

test('the options in docs/operations.md are those of the commands', (t) => {
  const text = readFileSync(path, 'utf8')
  const [before = '', ...rest] = text.split(begin)
  const [written = '', ...after] = rest.join(begin).split(end)
  const table = `\n\n${optionsTable()}\n\n`
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, [before, begin, table, end, ...after].join(''))
  else t.is(written, table, 'npm run docs:options')
  t.is(after.length, 1, 'both marks are there, once')
})
