/** docs/operations.md lists every option as `--help` has it. `npm run docs:options` writes the list. */
import test from 'ava'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '#dist/command-table.js'
import { optionOf } from '#dist/flags/flags-from.js'
import { optionsTable } from './support/options-table.js'

const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url))
const path = join(docs, 'operations.md')
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

const options = Object.values(COMMANDS).flatMap(({ flags }) =>
  Object.values(flags).flatMap((flag) => optionOf(flag) ?? []),
)

/** Amounts in prose, such as `10 minutes` and `256 MiB`, without their space and in our units. */
const asTyped = (words: string): string => words.replace(/minutes?/, 'min').replace(/[\s`]/g, '')

test('a default that the docs name beside a flag is the default that the flag has', (t) => {
  let named = 0
  for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(join(docs, file), 'utf8')
    for (const [words, flag, value = ''] of text.matchAll(/`--?([\w-]+)`\s\(default:\s([^),]+)[),]/g)) {
      named++
      const defaults = options
        .filter((option) => option.flag === flag)
        .flatMap(({ default: known, kind }) => (known === undefined ? [] : [kind.show(known)]))
      const typed = asTyped(value)
      t.true(defaults.includes(typed) || defaults.includes(typed.replace(/ms$/, '')), `${file}: ${words}`)
    }
  }
  t.true(named >= 5)
})
