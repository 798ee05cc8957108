import path from 'node:path'
import { importsOf, neighboursOf, resolveRelative, type Package, type SourceFile } from './source-files.js'

/**
 * Source files that nothing leads to, starting from what a package offers: the files its package.json names (exports,
 * and folders such as the commands of oclif) and what its bin scripts import. A file that only tests import counts as
 * unused.
 */
export function unusedFiles(pkg: Package): string[] {
  const sources = new Map(pkg.sources.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const waiting = entryPoints(pkg)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const file = sources.get(next)
    if (file === undefined || reached.has(next)) continue
    reached.add(next)
    waiting.push(...targetsOf(file))
  }
  return [...sources.keys()].filter((file) => !reached.has(file))
}

function entryPoints(pkg: Package): string[] {
  const home = `packages/${pkg.folder}`
  const named = stringsIn(pkg.manifest)
    .filter((value) => value.startsWith('./dist/') && !value.includes('*'))
    .map((value) => sourceOf(path.posix.join(home, value)))
  return pkg.sources
    .map((file) => file.path)
    .filter((file) =>
      named.some((name) => file === name || file === `${name}.ts` || file.startsWith(`${name}/`)),
    )
    .concat(pkg.bins.flatMap((file) => targetsOf(file).map(sourceOf)))
}

function targetsOf(file: SourceFile): string[] {
  return [...importsOf(file), ...neighboursOf(file)]
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolveRelative(file.path, specifier))
}

/** packages/x/dist/a.js or a.d.ts: packages/x/src/a.ts */
function sourceOf(built: string): string {
  return built.replace(/^(packages\/[^/]+)\/dist\//, '$1/src/').replace(/(\.d\.ts|\.js)$/, '.ts')
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}
