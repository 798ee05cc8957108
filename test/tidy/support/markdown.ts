import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { root, type SourceFile } from './source-files.js'

const maxColumns = 120
/** One line per change, however long: so that work that was done side by side merges. */
const mayBeLong = new Set(['CHANGELOG.md'])
const neverOurs = new Set(['node_modules', 'dist', 'coverage'])

/** Every Markdown file of the checkout. */
export function readMarkdown(folder = ''): SourceFile[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name)
      if (entry.isDirectory())
        return entry.name.startsWith('.') || neverOurs.has(entry.name) ? [] : readMarkdown(name)
      return name.endsWith('.md') ? [{ path: name, text: readFileSync(path.join(root, name), 'utf8') }] : []
    })
}

/** Links whose file is not there, or whose `#anchor` is no heading of it. Links to the web are not looked at. */
export function brokenLinks(files: readonly SourceFile[], exists = existsInCheckout): string[] {
  const anchors = new Map(files.map((file) => [file.path, new Set(anchorsOf(file.text))]))
  return files.flatMap((file) =>
    linksOf(file.text)
      .filter((link) => !/^[a-z][a-z+.-]*:/i.test(link))
      .filter((link) => {
        const [target = '', anchor] = link.split('#', 2)
        const folder = path.posix.dirname(file.path)
        const found = target === '' ? file.path : path.posix.join(folder, decodeURIComponent(target))
        if (anchor === undefined) return !exists(found)
        return anchors.get(found)?.has(anchor) !== true
      })
      .map((link) => `${file.path}: ${link}`),
  )
}

/** Lines of prose that are too long to be read side by side; tables and code may have long ones. */
export function longLines(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !mayBeLong.has(file.path))
    .flatMap((file) =>
      proseOf(file.text).flatMap(({ text, number }) => {
        const columns = [...text].length
        const isTable = /^\s*\|/.test(text)
        return columns > maxColumns && !isTable ? [`${file.path}:${number}: ${columns} columns`] : []
      }),
    )
}

function existsInCheckout(name: string): boolean {
  return existsSync(path.join(root, name))
}

/** The lines outside of fenced code. */
function proseOf(markdown: string): { readonly text: string; readonly number: number }[] {
  let fence: string | undefined
  return markdown.split('\n').flatMap((text, k) => {
    const [, mark] = /^\s*(```|~~~)/.exec(text) ?? []
    if (mark !== undefined && (fence === undefined || fence === mark)) {
      fence = fence === undefined ? mark : undefined
      return []
    }
    return fence === undefined ? [{ text, number: k + 1 }] : []
  })
}

/** The text of a link may be broken over lines. */
function linksOf(markdown: string): string[] {
  const prose = proseOf(markdown)
    .map(({ text }) => text)
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, 'code')
  const inline = [...prose.matchAll(/\[[^[\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const defined = [...prose.matchAll(/^\s{0,3}\[[^\]]+\]:\s+<?([^\s>]+)/gm)]
  return [...inline, ...defined].map(([, target]) => target!)
}

/** Headings as GitHub makes anchors of them; the second of the same name gets `-1`. */
function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>()
  return proseOf(markdown).flatMap(({ text }) => {
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(text) ?? []
    if (heading === undefined) return []
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[*`]/g, '')
    const slug = words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return [count === 0 ? slug : `${slug}-${count}`]
  })
}
