/**
 * Where to go when the parent dies: all ancestors (nearest first), the root's heirs, and other servers we have
 * heard of. The source design kept one entry here; with one, the death of two neighbours strands a subtree.
 */
import type { Address, Ancestor } from '@jwp/protocol'
import { maxContacts, sameEndpoint } from '@jwp/protocol'
import type { Parts } from '../parts.js'

export class Deadpool {
  readonly #parts: Parts
  /** Parent first, root last. Empty for a root. An orphan keeps the last one. */
  path: readonly Ancestor[] = []
  /** The root's core children, in the order in which they became core. */
  succession: readonly Ancestor[] = []
  /** A sample of the whole tree, from above. */
  members: readonly Address[] = []
  /** Newest first. */
  #contacts: Address[]

  constructor(parts: Parts) {
    this.#parts = parts
    this.#contacts = parts.options.contacts.slice(0, maxContacts)
  }

  get contacts(): readonly Address[] {
    return this.#contacts
  }

  /** Remembers servers as contacts, the newest in front. */
  meet(addresses: readonly Address[]): void {
    let changed = false
    for (let i = addresses.length - 1; i >= 0; i--) {
      const address = addresses[i]!
      if (this.#isSelf(address)) continue
      const known = this.#contacts.findIndex((contact) => sameEndpoint(contact, address))
      if (
        known !== -1 &&
        this.#contacts[known]!.secret === address.secret &&
        this.#contacts[known]!.name === address.name
      )
        continue
      if (known !== -1) this.#contacts.splice(known, 1)
      this.#contacts.unshift(address)
      changed = true
    }
    if (!changed) return
    this.#contacts.length = Math.min(this.#contacts.length, maxContacts)
    this.#parts.outbox.push({ type: 'remember-contacts', contacts: [...this.#contacts] })
  }

  /** Everybody worth asking, once each: path, succession, contacts, the server we were told to join. */
  candidates(): Address[] {
    const remote = this.#parts.options.remote
    const all = [
      ...this.path.map((ancestor) => ancestor.address),
      ...this.succession.map((heir) => heir.address),
      ...(remote === undefined ? [] : [remote]),
      ...this.#contacts,
    ]
    const mine = this.#parts.children.sample()
    const seen = new Set<string>()
    return all.filter((address) => {
      const key = endpointKey(address)
      if (seen.has(key) || this.#isSelf(address) || mine.some((member) => sameEndpoint(member, address)))
        return false
      seen.add(key)
      return true
    })
  }

  #isSelf(address: Address): boolean {
    const { self } = this.#parts
    return address.name === self.address.name || sameEndpoint(address, self.address)
  }
}

export function endpointKey(address: Address): string {
  return `${address.host}:${address.port}`
}
