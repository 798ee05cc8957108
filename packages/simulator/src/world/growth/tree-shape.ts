/** What the tree looks like at one moment. */
import type { World } from '../world.js'

export interface TreeShape {
  readonly roots: number
  /** Servers that are neither root nor child. */
  readonly orphans: number
  /** Links from the deepest server to the root. */
  readonly depth: number
}

export function treeShape(world: World): TreeShape {
  let roots = 0
  let orphans = 0
  let depth = 0
  for (const server of world.alive()) {
    const { role, depth: own } = server.core.inspect()
    if (role === 'root') roots++
    else if (role === 'orphan') orphans++
    else depth = Math.max(depth, own)
  }
  return { roots, orphans, depth }
}

export function isOneTree(world: World): boolean {
  const { roots, orphans } = treeShape(world)
  return roots === 1 && orphans === 0
}
