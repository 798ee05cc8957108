/** What a walk over the network has seen: the servers that answered, and those that did not. */
import type { Endpoint, ServerId, ServerStatus } from '@jwp/protocol'

export interface NetworkView {
  readonly servers: readonly ServerStatus[]
  readonly silent: readonly SilentServer[]
}

/** Another server named it, but it did not answer. */
export interface SilentServer {
  readonly endpoint: Endpoint
  /** Known when a parent named it as its child. */
  readonly id: ServerId | undefined
  /** In words, e.g. "connection refused". */
  readonly reason: string
}

/** A server with everything that hangs below it. */
export interface TreeNode {
  readonly status: ServerStatus
  readonly children: readonly TreeNode[]
  /** Children that it names and that did not answer. */
  readonly silentChildren: readonly SilentServer[]
}

export interface Forest {
  /** Roots, orphans, and servers whose parent is out of sight. One root and nothing else: the tree is whole. */
  readonly tops: readonly TreeNode[]
  /** Silent servers that no visible server has as its child. */
  readonly silent: readonly SilentServer[]
}

/**
 * Hangs every server below the parent that it names itself. Statuses are taken one after the other while the
 * tree may be moving, so they can contradict each other; a server is drawn once all the same.
 */
export function forestOf(view: NetworkView): Forest {
  const byId = new Map(view.servers.map((status) => [status.id, status]))
  const childrenOf = new Map<ServerId, ServerStatus[]>()
  const tops: ServerStatus[] = []
  for (const status of byId.values()) {
    const parentId = parentIdOf(status)
    if (parentId !== undefined && byId.has(parentId)) {
      childrenOf.set(parentId, [...(childrenOf.get(parentId) ?? []), status])
    } else {
      tops.push(status)
    }
  }

  const drawn = new Set<ServerId>()
  const claimed = new Set<SilentServer>()
  const nodeOf = (status: ServerStatus): TreeNode => {
    drawn.add(status.id)
    const children = (childrenOf.get(status.id) ?? []).filter((child) => !drawn.has(child.id)).sort(byPort)
    const silentChildren = view.silent.filter((silent) => isChildOf(silent, status) && !claimed.has(silent))
    for (const silent of silentChildren) claimed.add(silent)
    return { status, children: children.map(nodeOf), silentChildren }
  }

  const nodes = tops.sort(rootsFirst).map(nodeOf)
  // Mixed old and new statuses can look like a ring, which has no top.
  for (const status of byId.values()) if (!drawn.has(status.id)) nodes.push(nodeOf(status))
  return { tops: nodes, silent: view.silent.filter((silent) => !claimed.has(silent)) }
}

/**
 * One root, all servers answered, and every ancestry ends at that root. `expected`: how many servers there should be;
 * undefined: as many as were seen.
 */
export function isWhole(view: NetworkView, expected?: number): boolean {
  const roots = view.servers.filter((status) => status.role === 'root')
  if (roots.length !== 1 || view.silent.length > 0) return false
  if (expected !== undefined && view.servers.length !== expected) return false
  const root = roots[0]!
  const byId = new Map(view.servers.map((status) => [status.id, status]))
  return view.servers.every((status) => {
    if (status === root) return true
    const parent = status.role === 'child' ? byId.get(parentIdOf(status)!) : undefined
    return status.ancestry.at(-1)?.id === root.id && parent !== undefined && names(parent, status)
  })
}

function parentIdOf(status: ServerStatus): ServerId | undefined {
  return status.role === 'child' ? status.ancestry[0]?.id : undefined
}

const names = (parent: ServerStatus, child: ServerStatus) => parent.children.some(({ id }) => id === child.id)

const isChildOf = (silent: SilentServer, parent: ServerStatus) =>
  silent.id !== undefined && parent.children.some(({ id }) => id === silent.id)

const byPort = (a: ServerStatus, b: ServerStatus) => a.port - b.port || (a.name < b.name ? -1 : 1)

const rootsFirst = (a: ServerStatus, b: ServerStatus) =>
  Number(b.role === 'root') - Number(a.role === 'root') || byPort(a, b)
