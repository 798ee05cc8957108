/**
 * The target of a fault: a server by name, or the one that has a role at that moment. Roles are what makes a schedule
 * dangerous: "the root, and 40 ms later its heir" finds more than any two names.
 */
import type { Random } from '@jwp/protocol'
import type { ServerProcess } from '../processes/server-process.js'

export type Target =
  | { readonly part: 'named'; readonly name: string }
  | { readonly part: 'root' }
  /** One of the heirs, in their order. */
  | { readonly part: 'heir'; readonly place: number }
  /** A server that is neither root nor leaf, if there is one. */
  | { readonly part: 'inner'; readonly place: number }
  | { readonly part: 'parent-of'; readonly name: string }
  | { readonly part: 'orphan'; readonly place: number }

export function drawTarget(random: Random, names: readonly string[]): Target {
  switch (random.below(8)) {
    case 0:
    case 1:
      return { part: 'root' }
    case 2:
      return { part: 'heir', place: random.below(3) }
    case 3:
      return { part: 'inner', place: random.below(4) }
    case 4:
      return { part: 'parent-of', name: random.pick(names) }
    case 5:
      return { part: 'orphan', place: random.below(3) }
    default:
      return { part: 'named', name: random.pick(names) }
  }
}

export function findTarget(running: readonly ServerProcess[], target: Target): ServerProcess | undefined {
  switch (target.part) {
    case 'named':
      return running.find((server) => server.host === target.name)
    case 'root':
      return rootOf(running)
    case 'heir': {
      const heirs = rootOf(running)?.core.status().succession ?? []
      const heir = heirs[target.place % Math.max(1, heirs.length)]
      return running.find((server) => server.id === heir?.id)
    }
    case 'inner': {
      const inner = running.filter(
        ({ core }) => core.inspect().role === 'child' && core.inspect().childIds.length > 0,
      )
      return inner[target.place % Math.max(1, inner.length)]
    }
    case 'orphan': {
      const orphans = running.filter(({ core }) => core.inspect().role === 'orphan')
      return orphans[target.place % Math.max(1, orphans.length)]
    }
    case 'parent-of': {
      const parent = running.find((server) => server.host === target.name)?.core.inspect().parent
      return running.find((server) => server.id === parent)
    }
  }
}

/** The root of the biggest tree. */
export function rootOf(running: readonly ServerProcess[]): ServerProcess | undefined {
  let root: ServerProcess | undefined
  let children = -1
  for (const server of running) {
    const { role, childIds } = server.core.inspect()
    if (role !== 'root' || childIds.length <= children) continue
    root = server
    children = childIds.length
  }
  return root
}

export function wordsOf(target: Target): string {
  if (target.part === 'named') return target.name
  if (target.part === 'parent-of') return `parent of ${target.name}`
  return 'place' in target ? `${target.part} ${target.place}` : target.part
}
