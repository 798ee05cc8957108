import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The checkout; this file runs from test/dist/tidy/support. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** A file by its path from the root of the checkout, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export interface Package {
  /** The folder's name under packages/. */
  readonly folder: string
  readonly manifest: unknown
  readonly sources: readonly SourceFile[]
  readonly bins: readonly SourceFile[]
}

export function readPackages(): Package[] {
  return readdirSync(path.join(root, 'packages'), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && existsSync(path.join(root, 'packages', entry.name, 'package.json')),
    )
    .map(({ name: folder }) => ({
      folder,
      manifest: JSON.parse(
        readFileSync(path.join(root, 'packages', folder, 'package.json'), 'utf8'),
      ) as unknown,
      sources: readFilesUnder(`packages/${folder}/src`, '.ts'),
      bins: readFilesUnder(`packages/${folder}/bin`, '.js'),
    }))
}

function readFilesUnder(folder: string, extension: string): SourceFile[] {
  const absolute = path.join(root, folder)
  if (!existsSync(absolute)) return []
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => ({
      path: path.posix.join(folder, name.split(path.sep).join('/')),
      text: readFileSync(path.join(absolute, name), 'utf8'),
    }))
}

/** What a file imports, re-exports, or imports on demand, as written. */
export function importsOf(file: SourceFile): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((found) => found.fileName)
}

/** Files a file starts or reads beside itself: `new URL('./worker.js', import.meta.url)`. */
export function neighboursOf(file: SourceFile): string[] {
  const urls = /new URL\(\s*['"`](\.[^'"`]*)['"`],\s*import\.meta\.url\s*\)/g
  return [...file.text.matchAll(urls)].flatMap(([, target]) => (target === undefined ? [] : [target]))
}

/** The TypeScript path that a relative import of a compiled file means. */
export function resolveRelative(from: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

/** Cores and their like: told the time and chance, doing nothing themselves. */
export function isPure(file: string): boolean {
  return /^packages\/(protocol\/src|[^/]+\/src\/core|simulator\/src\/world)\//.test(file)
}
