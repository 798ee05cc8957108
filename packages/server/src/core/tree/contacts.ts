/**
 * Servers that we have heard of, the newest first: where to ask when path and heirs are of no help. They outlive
 * the process.
 *
 * Servers move and change their secrets, and old addresses live on in the contacts of others. So what a server is known
 * by first hand (it is in our tree now, or speaks to us) replaces what we had of it; what others merely remember is
 * added, and replaces only a secret that was refused.
 */
import type { Address } from '@jwp/protocol'
import { isLoopbackHost, maxContacts, sameEndpoint } from '@jwp/protocol'

/** Refused secrets that are remembered. Beyond it all are forgotten: each costs one more refusal. */
const maxRefused = 256

export class Contacts {
  #list: Address[]
  readonly #refused = new Set<string>()

  /** @param told the configured parent: newer than what was remembered of the same endpoint. */
  constructor(remembered: readonly Address[], told: Address | undefined) {
    this.#list = remembered
      .filter(
        (contact) => told === undefined || !sameEndpoint(contact, told) || contact.secret === told.secret,
      )
      .slice(0, maxContacts)
  }

  all(): readonly Address[] {
    return this.#list
  }

  /** First hand. Returns whether anything is new. */
  met(address: Address): boolean {
    const others = this.#list.filter((contact) => !isReplacedBy(contact, address))
    const known = this.#list.find((contact) => isSame(contact, address))
    for (const old of this.#list)
      if (sameEndpoint(old, address) && old.secret !== address.secret) this.refused(old)
    this.#refused.delete(keyOf(address))
    if (known !== undefined && others.length === this.#list.length - 1) return false
    this.#keep([known ?? address, ...others])
    return true
  }

  /** Second hand: another server remembers it. */
  heardOf(address: Address): boolean {
    const known = this.#list.find((contact) => sameEndpoint(contact, address))
    if (known === undefined) this.#keep([address, ...this.#list])
    else if (known.secret !== address.secret && this.isRefused(known) && !this.isRefused(address))
      this.#keep(this.#list.map((contact) => (contact === known ? address : contact)))
    else return false
    return true
  }

  /** It spoke to us and is no part of our tree (yet): what we had of it is out of date. */
  renewed(address: Address): boolean {
    const isKnown = this.#list.some((contact) => isReplacedBy(contact, address))
    return isKnown && this.met(address)
  }

  /**
   * It does not accept this secret any more. It is kept all the same: the server at that endpoint may be gone
   * tomorrow.
   */
  refused(address: Address): void {
    if (this.#refused.size >= maxRefused) this.#refused.clear()
    this.#refused.add(keyOf(address))
  }

  isRefused(address: Address): boolean {
    return this.#refused.has(keyOf(address))
  }

  /** Which of several addresses of one endpoint to use now. When all were refused, each gets its turn again. */
  bestOf(variants: readonly Address[]): Address {
    const best = variants.find((address) => !this.isRefused(address))
    if (best !== undefined) return best
    for (const address of variants) this.#refused.delete(keyOf(address))
    return variants[0]!
  }

  #keep(list: Address[]): void {
    this.#list = list.slice(0, maxContacts)
  }
}

/** The same server, or the one at its endpoint now. */
function isReplacedBy(old: Address, address: Address): boolean {
  if (sameEndpoint(old, address)) return true
  if (old.name !== address.name) return false
  // Seen from this machine and from another one: both are right, and perhaps only one of them can be reached.
  const isOtherView = isLoopbackHost(old.host) !== isLoopbackHost(address.host)
  return !(isOtherView && old.port === address.port && old.secret === address.secret)
}

function isSame(a: Address, b: Address): boolean {
  return sameEndpoint(a, b) && a.secret === b.secret && a.name === b.name
}

function keyOf({ host, port, secret }: Address): string {
  return `${host}:${port} ${secret}`
}
