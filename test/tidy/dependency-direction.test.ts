import test from 'ava'
import { wrongImports } from './support/dependency-direction.js'
import { readPackages } from './support/source-files.js'

test('imports between packages point one way: cli, simulator and shells, cores, protocol', (t) => {
  const files = readPackages().flatMap((pkg) => pkg.sources)
  t.true(files.length > 0)
  t.deepEqual(wrongImports(files), [])
})

const wrong: readonly [path: string, text: string][] = [
  ['packages/protocol/src/a.ts', `import { x } from '@jwp/transport'`],
  ['packages/protocol/src/a.ts', `import { x } from 'node:net'`],
  ['packages/lines/src/a.ts', `import { x } from '@jwp/transport'`],
  ['packages/transport/src/a.ts', `import { x } from '@jwp/server'`],
  ['packages/server/src/core/a.ts', `export * from '../shell/index.js'`],
  ['packages/server/src/core/a.ts', `import type { X } from '@jwp/transport'`],
  ['packages/server/src/core/a.ts', `import { x } from 'winston'`],
  ['packages/server/src/shell/a.ts', `import { x } from '@jwp/client'`],
  ['packages/server/src/shell/a.ts', `import { x } from '../../../client/src/core/index.js'`],
  ['packages/client/src/shell/a.ts', `const x = await import('@jwp/simulator')`],
  ['packages/client/src/shell/a.ts', `import { x } from '@jwp/transport'`],
  ['packages/simulator/src/world/a.ts', `import { x } from '@jwp/server'`],
  ['packages/simulator/src/run/a.ts', `import { x } from '@jwp/cli'`],
  ['packages/cli/src/a.ts', `import { x } from '@jwp/server/dist/core/tree.js'`],
  ['packages/cli/src/a.ts', `import { x } from '#dist/b.js'`],
]

for (const [path, text] of wrong) {
  test(`${path} may not say: ${text}`, (t) => {
    t.is(wrongImports([{ path, text }]).length, 1)
  })
}

test('imports that point down are fine', (t) => {
  const files = [
    {
      path: 'packages/server/src/core/tree/a.ts',
      text: `import { x } from '@jwp/protocol'; import '../log.js'`,
    },
    {
      path: 'packages/server/src/shell/a.ts',
      text: `import '../core/b.js'; import 'node:net'; import 'winston'`,
    },
    { path: 'packages/simulator/src/world/a.ts', text: `import { x } from '@jwp/server/core'` },
    { path: 'packages/cli/src/commands/a.ts', text: `import '@jwp/simulator'; import '../tree/b.js'` },
  ]
  t.deepEqual(wrongImports(files), [])
})
