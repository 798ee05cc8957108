/**
 * Whether a root without children is certain to be alone: then, and only then, it may commit by itself. It is certain
 * when its founding says so, when every server that it knows refuses a connection (a liveness probe), or when none
 * has come within the grace.
 */
import type { LinkId } from '@jwp/protocol'
import type { TurnTime } from '../turn-time.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkOwner } from './link-owner.js'
import type { LinkTable } from './link-table.js'
import type { RoleKeeper } from './role.js'
import type { Timers } from './timers.js'
import type { BecameRoot, TreeListener } from './tree-listener.js'

export interface AloneCheckNeeds {
  readonly time: TurnTime
  readonly timers: Pick<Timers, 'graceMs'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly children: Pick<Children, 'count'>
  readonly deadpool: Pick<Deadpool, 'candidates'>
  readonly links: Pick<LinkTable, 'dial' | 'close'>
}

export class AloneCheck implements TreeListener, LinkOwner {
  readonly #needs: AloneCheckNeeds
  #isCertain = false
  #aloneSinceMs = 0
  /** Connections opened to see whether a server is left. */
  #probes: Set<LinkId> | undefined

  constructor(needs: AloneCheckNeeds) {
    this.#needs = needs
  }

  becameRoot({ isCertainlyAlone }: BecameRoot): void {
    this.#isCertain = isCertainlyAlone
    this.#aloneSinceMs = this.#needs.time.nowMs
  }

  parentFound(): void {
    this.#endProbe()
  }

  childJoined(): void {
    this.#isCertain = false
    this.#endProbe()
  }

  /** The root lost its last child. Is a server left? Only refused connections prove that none is. */
  childLost(): void {
    const { role, children, time, deadpool, links } = this.#needs
    if (!role.isRoot || children.count > 0) return
    this.#aloneSinceMs = time.nowMs
    this.#isCertain = false
    this.#endProbe()
    this.#probes = new Set(deadpool.candidates().map((address) => links.dial(address, 'liveness-probe')))
    if (this.#probes.size === 0) this.#isCertain = true
  }

  opened(link: LinkId): void {
    if (this.#probes?.has(link) === true) this.#endProbe()
  }

  message(): string {
    return 'nothing was asked'
  }

  lost(link: LinkId, how: 'gone' | 'unreachable'): void {
    if (this.#probes?.delete(link) !== true) return
    if (how === 'unreachable') this.#endProbe()
    else if (this.#probes.size === 0) {
      this.#probes = undefined
      this.#isCertain = this.#needs.role.isRoot && this.#needs.children.count === 0
    }
  }

  mayCommitAlone(): boolean {
    return this.#isCertain || this.#needs.time.nowMs >= this.certainAtMs()
  }

  /** When the grace ends. */
  certainAtMs(): number {
    return this.#aloneSinceMs + this.#needs.timers.graceMs()
  }

  #endProbe(): void {
    for (const link of this.#probes ?? []) this.#needs.links.close(link)
    this.#probes = undefined
  }
}
