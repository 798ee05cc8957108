/** Founding a tree: a new term, with this server as its root. */
import { epoch, LogRun, noPublisher } from '@jwp/protocol'
import type { Log } from '../log/log.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { TurnTime } from '../turn-time.js'
import type { RoleKeeper } from './role.js'
import type { Terms } from './terms.js'
import type { BecameRoot, TreeListener } from './tree-listener.js'

export interface FoundingNeeds {
  readonly self: Pick<Self, 'id'>
  readonly time: TurnTime
  readonly role: Pick<RoleKeeper, 'found'>
  readonly terms: Pick<Terms, 'next'>
  readonly log: Pick<Log, 'append' | 'lastTimestamp'>
  readonly listeners: Required<Pick<TreeListener, 'becameRoot'>>
  readonly outbox: Pick<Outbox, 'report'>
}

export class Founding {
  readonly #needs: FoundingNeeds

  constructor(needs: FoundingNeeds) {
    this.#needs = needs
  }

  found(how: BecameRoot): void {
    const { self, time, role, terms, log, listeners, outbox } = this.#needs
    const number = terms.next()
    const term = epoch(number, self.id)
    role.found(term, time.nowMs)
    // The marker makes every stale tail in the tree get cut: no other server has this epoch at this index.
    const marker = { publisher: noPublisher, n: 0, kind: 'marker', body: new Uint8Array(0) } as const
    log.append(LogRun.of({ ...marker, epoch: term, timestamp: log.lastTimestamp + 1 }))
    listeners.becameRoot(how)
    outbox.report({ event: 'became-root', epochNumber: number })
  }
}
