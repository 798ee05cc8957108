/** No file imports one that leads back to it: each can be read, tested and moved with only what is below it. */
import test from 'ava'
import { circlesIn } from './support/import-circles.js'
import { readPackages } from './support/source-files.js'

/** Folders whose circles are known and are being taken apart. */
const excepted = ['packages/server/src/core/']

for (const { folder, sources } of readPackages()) {
  const files = sources.filter(({ path }) => !excepted.some((each) => path.startsWith(each)))
  test(`no file of packages/${folder} imports one that leads back to it`, (t) => {
    t.deepEqual(circlesIn(files), [])
  })
}

test('what is excepted has circles: else it is excepted no more', (t) => {
  const files = readPackages().flatMap(({ sources }) => sources)
  for (const each of excepted)
    t.not(circlesIn(files.filter(({ path }) => path.startsWith(each))).length, 0, each)
})

const file = (name: string, text: string): { path: string; text: string } => ({
  path: `packages/a/src/${name}`,
  text,
})

test('two files that import each other are a circle, also with types only, and over a corner', (t) => {
  const found = circlesIn([
    file('a.ts', `import type { B } from './b.js'`),
    file('b.ts', `export { a } from './a.js'`),
    file('c.ts', `const d = () => import('./inner/d.js')`),
    file('inner/d.ts', `import { e } from './e.js'`),
    file('inner/e.ts', `import '../c.js'`),
    file('self.ts', `import './self.js'`),
    file('f.ts', `import { a } from './a.js'; import { c } from './c.js'`),
  ])
  t.deepEqual(found, [
    ['packages/a/src/a.ts', 'packages/a/src/b.ts'],
    ['packages/a/src/c.ts', 'packages/a/src/inner/d.ts', 'packages/a/src/inner/e.ts'],
    ['packages/a/src/self.ts'],
  ])
})

test('files that share what they import are none', (t) => {
  const found = circlesIn([
    file('a.ts', `import './c.js'; import './b.js'`),
    file('b.ts', `import './c.js'`),
    file('c.ts', `import '@jwp/protocol'`),
  ])
  t.deepEqual(found, [])
})
