/** Our children: who they are, what they have of the log, and how big the trees below them are. */
import type { Address, Ancestor, LinkId, LogIndex, ServerId } from '@jwp/protocol'
import { maxSampledMembers } from '@jwp/protocol'
import type { SnapshotDown } from '../log/snapshot-parts.js'
import type { Parts } from '../parts.js'

export interface Child {
  readonly link: LinkId
  readonly id: ServerId
  readonly address: Address
  /** Servers in its subtree, itself included. */
  size: number
  /** A sample of its subtree, itself first. */
  members: readonly Address[]
  /** Servers outside the tree, as far as its subtree can see, that somebody there was told to join. */
  strangers: readonly Address[]
  /** What it has not got yet of the snapshot that it starts over from; no log before that. */
  snapshot: SnapshotDown | undefined
  /** The log was sent to it up to here. */
  sent: LogIndex
  /** Our log was cut below what it has got: with nothing new to send, it has to be told. */
  hasStaleTail: boolean
  /** The commit mark that it was told last. */
  sentCommit: LogIndex
  /** Root only: its log equals ours up to here. */
  acknowledged: LogIndex
  /** Root only: its place among those whose acknowledgement commits, in the order of joining them; undefined: not core. */
  coreSince: number | undefined
  /** Root only: since when it owes us an acknowledgement; undefined: it owes none. */
  laggingSinceMs: number | undefined
  /** Its whole subtree has applied up to here. */
  applied: LogIndex
  /** Last batch of its UPs that we keep, and the last that we told it so. */
  heldBatch: number
  toldHeldBatch: number
}

export class Children {
  readonly #parts: Parts
  readonly #children = new Map<LinkId, Child>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#children.size
  }

  get isFull(): boolean {
    return this.#children.size >= this.#parts.options.limits.maxChildren
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

  add(child: Child): void {
    this.#children.set(child.link, child)
  }

  remove(link: LinkId): Child | undefined {
    const child = this.#children.get(link)
    this.#children.delete(link)
    return child
  }

  /** Servers in our subtree, ourselves included. */
  treeSize(): number {
    let size = 1
    for (const child of this.#children.values()) size += child.size
    return size
  }

  /** A sample of our subtree, ourselves first, fairly mixed from all branches. */
  sample(): Address[] {
    const sample = [this.#parts.self.address]
    const branches = [...this.#children.values()].map((child) => child.members)
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

  /** The core in order of joining: who may succeed us. */
  succession(): Ancestor[] {
    return [...this.#children.values()]
      .filter((child) => child.coreSince !== undefined)
      .sort((a, b) => a.coreSince! - b.coreSince!)
      .map(({ id, address }) => ({ id, address }))
  }

  /** Where to send one more server when we are full. Counts it at once, or ten askers would go to the same child. */
  leastLoaded(): Child | undefined {
    let least: Child | undefined
    for (const child of this.#children.values())
      if (least === undefined || child.size < least.size) least = child
    if (least !== undefined) least.size++
    return least
  }
}
