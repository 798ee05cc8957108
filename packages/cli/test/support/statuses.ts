/** Statuses of servers that never ran; a letter stands for a server. */
import { asEpoch, asServerId, asServerName, type Ancestor, type ServerStatus } from '@jwp/protocol'
import type { SilentServer } from '#dist/tree/network-view.js'

export interface StatusSketch {
  readonly role?: ServerStatus['role']
  /** Letters, parent first, root last. Makes it a child. */
  readonly parents?: string
  /** Letters. */
  readonly children?: string
  readonly name?: string
  readonly clients?: number
  readonly pending?: number
  readonly clock?: ServerStatus['clock']['mode']
}

const portOf = (letter: string) => 3701 + 'abcdefghijklmnopqrstuvwxyz'.indexOf(letter)

const addressOf = (letter: string) => ({
  name: asServerName(letter),
  host: 'localhost',
  port: portOf(letter),
  secret: '',
})

export const ancestor = (letter: string): Ancestor => ({
  id: asServerId(`${letter}#1`),
  address: addressOf(letter),
})

export function status(letter: string, sketch: StatusSketch): ServerStatus {
  const ancestry = [...(sketch.parents ?? '')].map(ancestor)
  return {
    id: asServerId(`${letter}#1`),
    name: asServerName(sketch.name ?? letter),
    hostname: 'localhost',
    port: portOf(letter),
    role: sketch.role ?? 'child',
    epoch: asEpoch('3.a#1'),
    parent: ancestry[0]?.address,
    ancestry,
    succession: [],
    children: [...(sketch.children ?? '')].map((child) => ({ ...ancestor(child), size: 1, core: true })),
    clients: sketch.clients ?? 0,
    log: { first: 1, last: 1_200, commit: 1_200, applied: 1_200, everywhere: 1_200, bytes: 0 },
    pending: sketch.pending ?? 0,
    users: 0,
    online: 0,
    contacts: 0,
    clock: { host: 'localhost', port: 3779, mode: sketch.clock ?? 'not-root' },
    leaving: false,
    lastTimestamp: 0,
    version: '0.1.0',
    protocol: [1, 1],
    publishers: 0,
  }
}

export const silentServer = (letter: string, reason: string): SilentServer => ({
  endpoint: { hostname: 'localhost', port: portOf(letter) },
  id: asServerId(`${letter}#1`),
  reason,
})
