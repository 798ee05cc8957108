/** No file imports one that leads back to it: each can be read, tested and moved with only what is below it. */
import test from 'ava'
import { circlesIn } from './support/import-circles.js'
import { readPackages } from './support/source-files.js'

for (const { folder, sources } of readPackages()) {
  test(`no file of packages/${folder} imports one that leads back to it`, (t) => {
    t.deepEqual(circlesIn(sources), [])
  })
}

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
