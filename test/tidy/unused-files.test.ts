import test from 'ava'
import { readPackages, type Package } from './support/source-files.js'
import { unusedFiles } from './support/unused-files.js'

test('every source file of a package is reached from what the package offers', (t) => {
  const packages = readPackages()
  t.true(packages.length > 0)
  t.deepEqual(packages.flatMap(unusedFiles), [])
})

const example = (...sources: [path: string, text: string][]): Package => ({
  folder: 'cli',
  manifest: {
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    imports: { '#dist/*': './dist/*' },
    oclif: { commands: './dist/commands' },
  },
  sources: sources.map(([path, text]) => ({ path: `packages/cli/src/${path}`, text })),
  bins: [{ path: 'packages/cli/bin/jwp.js', text: `import { main } from '../dist/main.js'` }],
})

test('a file that no other imports is noticed, and so are two that import only each other', (t) => {
  const found = unusedFiles(
    example(['index.ts', ''], ['alone.ts', ''], ['a.ts', `import './b.js'`], ['b.ts', `import './a.js'`]),
  )
  t.deepEqual(found, ['packages/cli/src/alone.ts', 'packages/cli/src/a.ts', 'packages/cli/src/b.ts'])
})

test('exports, commands, what a bin imports and workers started beside a file are used', (t) => {
  const found = unusedFiles(
    example(
      ['index.ts', `export * from './a.js'`],
      ['a.ts', `const b = () => import('./b.js')`],
      ['b.ts', `new Worker(new URL('./worker.js', import.meta.url))`],
      ['worker.ts', ''],
      ['main.ts', ''],
      ['commands/server.ts', `import type { C } from '../c.js'`],
      ['c.ts', ''],
    ),
  )
  t.deepEqual(found, [])
})
