import { importsOf, resolveRelative, type SourceFile } from './source-files.js'

/**
 * Files that import each other, directly or around several corners, types included: each circle as its files in order
 * of their names. Imports that only one side needs at run time count as well: a reader of one file has to read all.
 */
export function circlesIn(files: readonly SourceFile[]): string[][] {
  const known = new Set(files.map(({ path }) => path))
  const importsByPath = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolveRelative(file.path, specifier))
        .filter((path) => known.has(path)),
    ]),
  )
  return stronglyConnected(importsByPath).filter(
    (circle) => circle.length > 1 || importsByPath.get(circle[0]!)!.includes(circle[0]!),
  )
}

/** Tarjan's algorithm. */
function stronglyConnected(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const components: string[][] = []
  const visit = (node: string): void => {
    order.set(node, order.size)
    low.set(node, order.get(node)!)
    stack.push(node)
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next)
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!))
    }
    if (low.get(node) !== order.get(node)) return
    components.push(stack.splice(stack.indexOf(node)).sort())
  }
  for (const node of edges.keys()) if (!order.has(node)) visit(node)
  return components
}
