/**
 * The role of this server in the tree. `roleTransitions` says which event leads from which role to which; what it does
 * not list is a fault in this code, and throws.
 */
import type { Epoch, LinkId, ServerId } from '@jwp/protocol'

export type Role =
  /** The root of its tree: it alone orders entries, in the term with this epoch. */
  | { readonly name: 'root'; readonly epoch: Epoch; readonly sinceMs: number }
  | { readonly name: 'child'; readonly parentLink: LinkId; readonly parentId: ServerId }
  /** Without a place in a tree: it looks for a parent. */
  | { readonly name: 'orphan' }

export type RoleName = Role['name']

export type RoleEvent =
  /** The server begins to look for a parent: at its start, or when it has lost one. */
  | 'search'
  /** A server has taken it as a child. */
  | 'attach'
  /** It founds a tree: a new term, with itself as the root. */
  | 'found'

/** A server starts as an orphan. A root never becomes an orphan: it has no parent to lose. */
export const roleTransitions: Readonly<Record<RoleName, Readonly<Partial<Record<RoleEvent, RoleName>>>>> = {
  orphan: { search: 'orphan', attach: 'child', found: 'root' },
  child: { search: 'orphan' },
  root: { attach: 'child' },
}

/**
 * A server that leaves keeps its role until its entries are safe elsewhere, and may still attach for that. But it
 * founds no tree: others count it as gone and elect another root, and two would order.
 */
export const forbiddenWhileLeaving: readonly RoleEvent[] = ['found']

export class RoleKeeper {
  #now: Role = { name: 'orphan' }
  #isLeaving = false

  get now(): Role {
    return this.#now
  }

  get isRoot(): boolean {
    return this.#now.name === 'root'
  }

  get isOrphan(): boolean {
    return this.#now.name === 'orphan'
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  get parentLink(): LinkId | undefined {
    return this.#now.name === 'child' ? this.#now.parentLink : undefined
  }

  /** Since when this server is a root, in milliseconds of its own clock; 0 if it is none. */
  get rootSinceMs(): number {
    return this.#now.name === 'root' ? this.#now.sinceMs : 0
  }

  /** Whether the table has a way for this event from here. */
  allows(event: RoleEvent): boolean {
    if (this.#isLeaving && forbiddenWhileLeaving.includes(event)) return false
    return roleTransitions[this.#now.name][event] !== undefined
  }

  search(): void {
    this.#move('search', { name: 'orphan' })
  }

  attach(parentLink: LinkId, parentId: ServerId): void {
    this.#move('attach', { name: 'child', parentLink, parentId })
  }

  found(epoch: Epoch, sinceMs: number): void {
    this.#move('found', { name: 'root', epoch, sinceMs })
  }

  /** From now on this server leaves, whatever its role. There is no way back. */
  leave(): void {
    this.#isLeaving = true
  }

  #move(event: RoleEvent, to: Role): void {
    if (!this.allows(event) || roleTransitions[this.#now.name][event] !== to.name) {
      const leaving = this.#isLeaving ? ' that leaves' : ''
      throw new Error(`a ${this.#now.name}${leaving} cannot ${event} and become a ${to.name}`)
    }
    this.#now = to
  }
}
