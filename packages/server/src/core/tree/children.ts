/** The children of this server, and what they report of the trees below them. No other piece writes either. */
import type { Address, LinkId } from '@jwp/protocol'
import { maxSampledMembers } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { Child } from './child.js'
import type { LinkTable } from './link-table.js'
import type { TreeListener } from './tree-listener.js'

/** What a child reports of its subtree. */
export interface Subtree {
  /** Servers in it, the child included. */
  readonly size: number
  /** A sample of them, the child first. */
  readonly members: readonly Address[]
  /** Servers outside the tree, as far as the subtree can see, that a server there was configured to join. */
  readonly unknownPeers: readonly Address[]
}

export interface ChildrenNeeds {
  readonly options: Pick<ServerOptions, 'limits'>
  readonly self: Pick<Self, 'address'>
  readonly links: Pick<LinkTable, 'close'>
  readonly outbox: Pick<Outbox, 'report'>
  readonly listeners: Required<Pick<TreeListener, 'childLost'>>
}

export class Children {
  readonly #needs: ChildrenNeeds
  readonly #children = new Map<LinkId, Child>()
  readonly #subtrees = new Map<LinkId, Subtree>()

  constructor(needs: ChildrenNeeds) {
    this.#needs = needs
  }

  get count(): number {
    return this.#children.size
  }

  get isFull(): boolean {
    return this.#children.size >= this.#needs.options.limits.maxChildren
  }

  all(): Iterable<Child> {
    return this.#children.values()
  }

  get(link: LinkId): Child | undefined {
    return this.#children.get(link)
  }

  named(name: string): Child | undefined {
    for (const child of this.#children.values()) if (child.address.name === name) return child
    return undefined
  }

  subtreeOf({ link, address }: Child): Subtree {
    return this.#subtrees.get(link) ?? { size: 1, members: [address], unknownPeers: [] }
  }

  /** @param size servers in its subtree, itself included */
  add(child: Child, size: number): void {
    this.#children.set(child.link, child)
    this.#subtrees.set(child.link, { size, members: [child.address], unknownPeers: [] })
  }

  /** A child reports what is below it. */
  reported(link: LinkId, subtree: Subtree): void {
    if (this.#children.has(link)) this.#subtrees.set(link, subtree)
  }

  /** A child is gone, or has to go. */
  drop(child: Child, why: string): void {
    const { links, outbox, listeners } = this.#needs
    this.#children.delete(child.link)
    links.close(child.link)
    outbox.report({ event: 'child-lost', child: child.id, why })
    listeners.childLost(child)
    this.#subtrees.delete(child.link)
  }

  /** Servers in our subtree, ourselves included. */
  treeSize(): number {
    let size = 1
    for (const subtree of this.#branches()) size += subtree.size
    return size
  }

  /** A sample of our subtree, ourselves first, fairly mixed from all branches. */
  sample(): Address[] {
    const sample = [this.#needs.self.address]
    const branches = [...this.#branches()].map(({ members }) => members)
    for (let row = 0; sample.length < maxSampledMembers; row++) {
      const before = sample.length
      for (const branch of branches) {
        const member = branch[row]
        if (member !== undefined && sample.length < maxSampledMembers) sample.push(member)
      }
      if (sample.length === before) break
    }
    return sample
  }

  /** Where one more server is sent when we are full. It counts there at once, or ten askers would all go to one child. */
  sendOneMoreBelow(): Child | undefined {
    let least: Child | undefined
    for (const child of this.#children.values())
      if (least === undefined || this.subtreeOf(child).size < this.subtreeOf(least).size) least = child
    if (least !== undefined) {
      const subtree = this.subtreeOf(least)
      this.#subtrees.set(least.link, { ...subtree, size: subtree.size + 1 })
    }
    return least
  }

  *#branches(): Generator<Subtree> {
    for (const child of this.#children.values()) yield this.subtreeOf(child)
  }
}
