/**
 * The connected users, as far as the servers have said. After a change of servers or a healing the list comes again;
 * the program gets only the differences.
 */
import type { OnlineList } from './server-lines.js'

/** Names kept, at most: as many as a server lists. Of others we pass on what we hear, and remember nothing. */
const maxNames = 4_096

export class OnlineUsers {
  readonly #names = new Set<string>()
  #isCut = false
  #wasListed = false

  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** There are, or were, more than `names`. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** True: that is news. */
  change(username: string, online: boolean): boolean {
    if (!online) return this.#names.delete(username) || this.#isCut
    if (this.#names.has(username)) return false
    if (this.#names.size < maxNames) this.#names.add(username)
    else this.#isCut = true
    return true
  }

  /** A whole list. What it changes; the first one is no news. */
  replace({ names, isCut }: OnlineList): [username: string, online: boolean][] {
    const listed = new Set(names.slice(0, maxNames))
    const isMore = isCut || names.length > maxNames
    const gone = isMore ? [] : [...this.#names].filter((name) => !listed.has(name))
    const come = [...listed].filter((name) => !this.#names.has(name))
    const isNews = this.#wasListed
    this.#wasListed = true
    this.#isCut = isMore
    this.#names.clear()
    for (const name of listed) this.#names.add(name)
    if (!isNews) return []
    return [
      ...gone.map((name): [string, boolean] => [name, false]),
      ...come.map((name): [string, boolean] => [name, true]),
    ]
  }
}
