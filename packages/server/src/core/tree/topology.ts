/** PATH: the way to the root and the root's heirs, for all servers below. Sent when it changes. */
import type { Ancestor } from '@jwp/protocol'
import type { ClockChoice } from '../log/clock-choice.js'
import type { Self } from '../self.js'
import type { Children } from './children.js'
import type { Deadpool } from './deadpool.js'
import type { LinkTable } from './link-table.js'
import type { RoleKeeper } from './role.js'
import type { Terms } from './terms.js'
import type { TreeListener } from './tree-listener.js'

export interface TopologyNeeds {
  readonly self: Pick<Self, 'id' | 'address'>
  readonly links: Pick<LinkTable, 'send'>
  readonly children: Pick<Children, 'all'>
  readonly deadpool: Pick<Deadpool, 'path' | 'heirs'>
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly terms: Pick<Terms, 'highest'>
  readonly clocks: Pick<ClockChoice, 'known'>
  /** What the children have to know of resumed sessions. */
  readonly resumedStamp: () => { readonly resumedStamp?: number }
  /** Of this server, if it is a root. */
  readonly ownHeirs: () => readonly Ancestor[]
}

export class Topology implements TreeListener {
  readonly #needs: TopologyNeeds

  constructor(needs: TopologyNeeds) {
    this.#needs = needs
  }

  /** From a child's point of view: this server first, the root last. */
  pathBelow(): readonly Ancestor[] {
    const { self, deadpool } = this.#needs
    return [{ id: self.id, address: self.address }, ...deadpool.path]
  }

  /** The servers that may take over from the root of this tree, in the order in which they came to be in sync. */
  heirs(): readonly Ancestor[] {
    const { role, deadpool, ownHeirs } = this.#needs
    return role.isRoot ? ownHeirs() : deadpool.heirs
  }

  parentFound(): void {
    this.announce()
  }

  becameRoot(): void {
    this.announce()
  }

  announce(): void {
    const { children, links, terms, clocks, resumedStamp } = this.#needs
    for (const { link } of children.all()) {
      links.send(link, {
        type: 'PATH',
        path: this.pathBelow(),
        succession: this.heirs(),
        epochNumber: terms.highest,
        ...resumedStamp(),
        clock: clocks.known,
      })
    }
  }
}
