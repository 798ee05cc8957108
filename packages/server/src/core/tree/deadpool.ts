/**
 * Where to go when the parent dies: all ancestors (nearest first), the root's heirs, and other servers we have
 * heard of. The source design kept one entry here; with one, the death of two neighbours strands a subtree.
 */
import type { Address, Ancestor } from '@jwp/protocol'
import { sameEndpoint } from '@jwp/protocol'
import type { ServerOptions } from '../options.js'
import type { Outbox } from '../outbox.js'
import type { Self } from '../self.js'
import type { Children } from './children.js'
import { Contacts } from './contacts.js'
import { endpointKey } from './endpoint-key.js'
import type { ParentFound, TreeListener } from './tree-listener.js'

export interface DeadpoolNeeds {
  readonly options: Pick<ServerOptions, 'contacts' | 'remote' | 'disk'>
  readonly self: Pick<Self, 'address'>
  readonly children: Pick<Children, 'sample'>
  readonly outbox: Pick<Outbox, 'push'>
}

export class Deadpool implements TreeListener {
  readonly #needs: DeadpoolNeeds
  #path: readonly Ancestor[] = []
  #heirs: readonly Ancestor[] = []
  #members: readonly Address[] = []
  readonly #contacts: Contacts
  /**
   * Servers that only the run before has met. Without a data folder the run before may have been in another network:
   * they are asked when the configured parent is gone, and never by a server without a configured parent.
   */
  #remembered: readonly Address[]

  constructor(needs: DeadpoolNeeds) {
    this.#needs = needs
    const { contacts, remote, disk } = needs.options
    const isSameNetwork = disk !== undefined
    this.#contacts = new Contacts(isSameNetwork ? contacts : [], remote)
    this.#remembered = isSameNetwork ? [] : contacts
  }

  /** Parent first, root last. Empty for a root. An orphan keeps the last one. */
  get path(): readonly Ancestor[] {
    return this.#path
  }

  /** The root's children that are in sync, in the order in which they came to be. */
  get heirs(): readonly Ancestor[] {
    return this.#heirs
  }

  /** A sample of the whole tree, from above. */
  get members(): readonly Address[] {
    return this.#members
  }

  parentFound({ answer: { path, succession, contacts } }: ParentFound): void {
    this.#path = path
    this.#heirs = succession
    this.heardOf(contacts)
    this.met(path.map((ancestor) => ancestor.address))
  }

  /** Above us the tree has changed. */
  pathChanged(path: readonly Ancestor[], heirs: readonly Ancestor[]): void {
    this.#path = path
    this.#heirs = heirs
    this.met(path.map((ancestor) => ancestor.address))
  }

  becameRoot(): void {
    this.heardOf([...this.#path, ...this.#heirs].map((ancestor) => ancestor.address))
    this.#path = []
    this.#heirs = []
  }

  /** The members of the tree, as far as one sample says. */
  membersAre(members: readonly Address[]): void {
    this.#members = members
  }

  /** Newest first. */
  get contacts(): readonly Address[] {
    return this.#contacts.all()
  }

  /** Servers of the tree as it is now, or that have sent something: what was known of them is replaced. */
  met(addresses: readonly Address[]): void {
    this.#note(addresses, (address) => this.#contacts.met(address))
  }

  /** Servers that others remember: perhaps they are there no more. */
  heardOf(addresses: readonly Address[]): void {
    this.#note(addresses, (address) => this.#contacts.heardOf(address))
  }

  /** It speaks to us from outside our tree: if we know it, we know it better now. */
  renewed(address: Address): void {
    this.#note([address], (known) => this.#contacts.renewed(known))
  }

  /** It does not accept this secret. */
  refused(address: Address): void {
    this.#contacts.refused(address)
  }

  /** Servers that the run before has met, and that are not asked yet. */
  get hasRemembered(): boolean {
    return this.#remembered.length > 0
  }

  /** From now on they are contacts like others. Returns how many. */
  recall(): number {
    const { length } = this.#remembered
    const remembered = this.#remembered
    this.#remembered = []
    this.heardOf(remembered)
    return length
  }

  /** We are in a network: what the run before knew is none of its business. */
  forgetRemembered(): void {
    this.#remembered = []
  }

  /** All servers worth asking, once each: path, heirs, the configured parent, contacts. */
  candidates(): Address[] {
    const remote = this.#needs.options.remote
    const all = [
      ...this.#path.map((ancestor) => ancestor.address),
      ...this.#heirs.map((heir) => heir.address),
      ...(remote === undefined ? [] : [remote]),
      ...this.contacts,
    ]
    const mine = this.#needs.children.sample()
    const isMine = (address: Address): boolean =>
      mine.some((member) => member.name === address.name || sameEndpoint(member, address))
    const variants = new Map<string, Address[]>()
    for (const address of all) {
      if (this.#isSelf(address) || isMine(address)) continue
      const key = endpointKey(address)
      const known = variants.get(key)
      if (known === undefined) variants.set(key, [address])
      else if (!known.some(({ secret }) => secret === address.secret)) known.push(address)
    }
    return [...variants.values()].map((known) => this.#contacts.bestOf(known))
  }

  /** The first of the list is the newest. */
  #note(addresses: readonly Address[], note: (address: Address) => boolean): void {
    let changed = false
    for (let i = addresses.length - 1; i >= 0; i--) {
      const address = addresses[i]!
      if (!this.#isSelf(address) && note(address)) changed = true
    }
    if (changed) this.#needs.outbox.push({ type: 'remember-contacts', contacts: [...this.contacts] })
  }

  #isSelf(address: Address): boolean {
    const { self } = this.#needs
    return address.name === self.address.name || sameEndpoint(address, self.address)
  }
}
