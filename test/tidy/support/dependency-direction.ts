import { importsOf, isPure, resolveRelative, type SourceFile } from './source-files.js'

/**
 * A project is the part of a package that is compiled by itself: `server/core`, `protocol`. Each lists the projects
 * it may import besides itself; every arrow points down this table.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  lines: ['protocol'],
  transport: ['lines', 'protocol'],
  'server/core': ['protocol'],
  'clock-server/core': ['protocol'],
  'client/core': ['protocol'],
  'server/shell': ['server/core', 'transport', 'lines', 'protocol'],
  'clock-server/shell': ['clock-server/core', 'transport', 'lines', 'protocol'],
  'client/shell': ['client/core', 'lines', 'protocol'],
  'simulator/world': ['server/core', 'clock-server/core', 'client/core', 'protocol'],
  'simulator/run': ['simulator/world', 'server/core', 'clock-server/core', 'client/core', 'protocol'],
  cli: [
    'simulator/run',
    'simulator/world',
    'server/shell',
    'server/core',
    'clock-server/shell',
    'clock-server/core',
    'client/shell',
    'client/core',
    'transport',
    'lines',
    'protocol',
  ],
}

/** What each name that a package exports stands for. */
const exported: Readonly<Record<string, string>> = {
  '@jwp/protocol': 'protocol',
  '@jwp/lines': 'lines',
  '@jwp/protocol/options': 'protocol',
  '@jwp/transport': 'transport',
  '@jwp/server': 'server/shell',
  '@jwp/server/core': 'server/core',
  '@jwp/server/options': 'server/core',
  '@jwp/clock-server': 'clock-server/shell',
  '@jwp/clock-server/core': 'clock-server/core',
  '@jwp/clock-server/options': 'clock-server/core',
  '@jwp/client': 'client/shell',
  '@jwp/client/core': 'client/core',
  '@jwp/simulator': 'simulator/run',
  '@jwp/simulator/world': 'simulator/world',
  '@jwp/cli': 'cli',
}

/** Every import that points the wrong way, as one readable line each. */
export function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const complaint = complaintAbout(file.path, specifier)
      return complaint === undefined ? [] : [`${file.path} imports ${specifier}: ${complaint}`]
    }),
  )
}

function complaintAbout(from: string, specifier: string): string | undefined {
  const importer = projectOf(from)
  if (importer === undefined) return 'this folder belongs to no project; add it to mayImport'

  const external = !specifier.startsWith('.') && !specifier.startsWith('#') && !specifier.startsWith('@jwp/')
  if (external) return isPure(from) ? 'pure code imports nothing from outside the project' : undefined
  if (specifier.startsWith('#')) return '# imports are for the tests of a package'

  const imported = specifier.startsWith('.')
    ? projectOf(resolveRelative(from, specifier))
    : exported[specifier]
  if (imported === undefined) return 'not something that a package offers'
  if (imported === importer) return undefined
  if (specifier.startsWith('.') && packageOf(imported) !== packageOf(importer)) {
    return 'another package is imported by its name'
  }
  return mayImport[importer]?.includes(imported) ? undefined : `${importer} may not depend on ${imported}`
}

function projectOf(file: string): string | undefined {
  const [packages, folder, src, part] = file.split('/')
  if (packages !== 'packages' || folder === undefined || src !== 'src' || part === undefined) return undefined
  return [folder, `${folder}/${part}`].find((project) => project in mayImport)
}

function packageOf(project: string): string | undefined {
  return project.split('/')[0]
}
