/** One word or two about how a server is. */
import type { ServerStatus } from '@jwp/protocol'
import type { Style } from '../terminal/palette.js'

export interface Health {
  readonly text: string
  readonly style: Style
}

/** Above it a queue of unordered entries is worth showing: a busy server always has a few in flight. */
const pendingWorthShowing = 1_000

export function healthOf(status: ServerStatus): Health {
  if (status.leaving) return { text: 'leaving', style: 'yellow' }
  if (status.role === 'orphan') return { text: `looking for a parent${waiting(status)}`, style: 'yellow' }
  if (status.clock.mode === 'hybrid') {
    return { text: `no answer from the clock ${status.clock.host}:${status.clock.port}`, style: 'yellow' }
  }
  if (status.pending >= pendingWorthShowing) return { text: `busy${waiting(status)}`, style: 'yellow' }
  return { text: 'ok', style: 'green' }
}

const waiting = (status: ServerStatus) =>
  status.pending > 0 ? `, ${status.pending.toLocaleString('en-US')} waiting` : ''
