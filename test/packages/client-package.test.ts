/**
 * What the client package installs and what bundlers make of it. The packages are packed as for a registry and installed
 * into an empty folder; nothing is downloaded.
 */
import test from 'ava'
import { build, type BuildResult, type Metafile } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { RealNetwork } from '../support/real-network.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const packed = ['protocol', 'lines', 'client']

const home = mkdtempSync(join(tmpdir(), 'jwp-package-'))
/** The client is installed here. */
const folder = join(home, 'installed')

test.after.always(() => {
  rmSync(home, { recursive: true, force: true })
})

test.before('@jwp/client is installed, without any registry', async (t) => {
  const tarballs = join(home, 'tarballs')
  mkdirSync(tarballs)
  mkdirSync(folder)
  const workspaces = packed.flatMap((name) => ['--workspace', `packages/${name}`])
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', tarballs, ...workspaces], { cwd: root })
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  t.is(files.length, packed.length)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...files], {
    cwd: folder,
  })
})

/** Every package below a node_modules folder, by name. */
function packagesIn(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    )
    .sort()
}

async function bundle(
  platform: 'node' | 'browser',
  program: string,
): Promise<{ text: string; imports: string[] }> {
  const result: BuildResult<{ metafile: true; write: false }> = await build({
    stdin: { contents: program, resolveDir: folder, sourcefile: 'main.js' },
    bundle: true,
    minify: true,
    platform,
    target: platform === 'node' ? 'node20' : 'es2023',
    format: platform === 'node' ? 'esm' : 'iife',
    globalName: 'jwp',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  return { text: result.outputFiles[0]!.text, imports: importsLeft(result.metafile) }
}

const importsLeft = ({ outputs }: Metafile): string[] =>
  Object.values(outputs).flatMap((output) => output.imports.map(({ path }) => path))

const sizes = (text: string): string =>
  `${Math.round(text.length / 1_024)} KiB minified, ${Math.round(gzipSync(text).length / 1_024)} KiB with gzip`

/** Sends one activity, prints what comes back, and ends. */
const nodeProgram = `
import { connect } from '@jwp/client'
const connection = await connect({ servers: process.argv[2] })
await connection.send({ text: 'from a bundle' })
for await (const { user, activity } of connection) {
  console.log(user, activity.text)
  break
}
await connection.close()
`

test('the client installs itself and two other packages of JWP, nothing else', (t) => {
  t.deepEqual(packagesIn(join(folder, 'node_modules')), ['@jwp/client', '@jwp/lines', '@jwp/protocol'])
  for (const name of packed) {
    const place = join(folder, 'node_modules/@jwp', name)
    const { dependencies = {} } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    t.true(
      Object.keys(dependencies).every((each) => each.startsWith('@jwp/')),
      name,
    )
    t.true(readdirSync(place).includes('dist'), name)
  }
})

test('a bundle for Node talks to a real server, with nothing installed beside it', async (t) => {
  const { text, imports } = await bundle('node', nodeProgram)
  t.deepEqual(
    imports.filter((name) => !isBuiltin(name)),
    [],
  )
  t.log(`node: ${sizes(text)}`)
  const alone = join(home, 'alone')
  mkdirSync(alone)
  const file = join(alone, 'main.mjs')
  writeFileSync(file, text)

  const network = new RealNetwork(t)
  await network.startClock()
  const { port } = await network.startServer('a')
  const { stdout } = await run(process.execPath, [file, `localhost:${port}`], { cwd: alone })
  t.is(stdout, 'anonymous from a bundle\n')
})

test('a bundle of the core for browsers needs no Node, and its client dials', async (t) => {
  const { text, imports } = await bundle('browser', `export * from '@jwp/client/core'`)
  t.deepEqual(imports, [])
  t.log(`browser: ${sizes(text)}`)

  // The language and nothing besides: not even what every browser has.
  const effects = runInContext(
    `${text}
    const options = {
      seeds: [{ hostname: 'localhost', port: 3781 }],
      username: 'anonymous',
      secret: undefined,
      ackLevel: 'logged',
      presence: false,
      holder: 'a bundle',
      seed: 1,
      limits: jwp.defaultClientLimits,
    }
    JSON.stringify(new jwp.ClientCore(options).handle({ type: 'start' }, 0))`,
    createContext({}),
  ) as string
  t.deepEqual(JSON.parse(effects), [{ type: 'dial', endpoint: { hostname: 'localhost', port: 3781 } }])
})

test('a bundle for browsers of what needs Node is refused', async (t) => {
  const error = await t.throwsAsync(bundle('browser', `export * from '@jwp/client'`))
  t.regex(error.message, /Could not resolve "node:/)
})
