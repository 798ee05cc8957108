import test from 'ava'
import { brokenLinks, longLines, readMarkdown } from './support/markdown.js'

test('every link in a Markdown file leads to a file that is there, and to a heading in it', (t) => {
  const files = readMarkdown()
  t.true(files.some(({ path }) => path === 'README.md'))
  t.deepEqual(brokenLinks(files), [])
})

test('no line of Markdown is longer than 120 columns, but for tables and code', (t) => {
  t.deepEqual(longLines(readMarkdown()), [])
})

test('a link to a file or a heading that is not there is noticed', (t) => {
  const files = [
    {
      path: 'docs/a.md',
      text: '# One\n## `Two` and *three*: four\n## One\n[b](b.md#five) [x](no.md) [x](b.md#six) [x](#seven)',
    },
    {
      path: 'docs/b.md',
      text: '# Five\n[a](a.md#two-and-three-four) [one](a.md#one-1) [up](../README.md)\n[broken over\nlines](a.md#no)',
    },
  ]
  const exists = (name: string): boolean => ['docs/a.md', 'docs/b.md', 'README.md'].includes(name)
  t.deepEqual(brokenLinks(files, exists), [
    'docs/a.md: no.md',
    'docs/a.md: b.md#six',
    'docs/a.md: #seven',
    'docs/b.md: a.md#no',
  ])
})

test('links in code, and links to the web, are not checked', (t) => {
  const text =
    '`[x](no.md)` [web](https://example.org/no)\n\n```md\n[x](no.md)\n# no heading\n```\n[x](#no-heading)'
  t.deepEqual(brokenLinks([{ path: 'a.md', text }]), ['a.md: #no-heading'])
})

test('a long line is noticed, and one in a table or in code is not', (t) => {
  const long = 'word '.repeat(30)
  const text = ['short', long, `| ${long} |`, '```', long, '```', `- ${long}`].join('\n')
  t.deepEqual(longLines([{ path: 'a.md', text }]), ['a.md:2: 150 columns', 'a.md:7: 152 columns'])
})
