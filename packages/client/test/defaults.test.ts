/** What the README says of defaults is what holds. */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { connectDefaults } from '@jwp/client'

const inWords = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'number') return String(value)
  return value % 1_048_576 === 0 ? `${value / 1_048_576} MiB` : value.toLocaleString('en')
}

test('the table of options in the README tells the defaults', async (t) => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = readme
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
  for (const [option, value] of Object.entries(connectDefaults)) {
    const row = rows.find(([, names]) => names?.split(', ').includes(option))
    const place = row?.[1]?.split(', ').indexOf(option) ?? -1
    // A row of two options has their two defaults, or one of the first.
    const told = row?.[2]?.split(/, (?=\D)|(?<=\d), /)[place]
    t.is(told, inWords(value), option)
  }
})
