import test from 'ava'
import { impuritiesIn } from './support/impurities.js'
import { isPure, readPackages } from './support/source-files.js'

test('cores use no source of time, of chance or of work outside themselves', (t) => {
  const cores = readPackages()
    .flatMap((pkg) => pkg.sources)
    .filter((file) => isPure(file.path))
  t.true(cores.length > 0)
  t.deepEqual(cores.flatMap(impuritiesIn), [])
})

const impure = [
  'Date.now()',
  'new Date()',
  'Date()',
  'Math.random()',
  'setTimeout(f, 1)',
  'setInterval(f, 1)',
  'setImmediate(f)',
  'process.exit()',
  'const { env } = process',
  'Buffer.from(x)',
  'globalThis.setTimeout(f)',
  `import net from 'node:net'`,
  `const fs = await import('node:fs')`,
]

for (const text of impure) {
  test(`a core may not say: ${text}`, (t) => {
    t.deepEqual(
      impuritiesIn({ path: 'core.ts', text: `\n${text}` }).map((place) => place.split(' ')[0]),
      ['core.ts:2'],
    )
  })
}

test('comments, strings, members and dates that are given are fine', (t) => {
  const text = `
    // process the input; no setTimeout here
    interface Machine { process(): void }
    machine.process({ process: 'Date.now()' })
    new Date(nowMs).toISOString()
  `
  t.deepEqual(impuritiesIn({ path: 'core.ts', text }), [])
})
