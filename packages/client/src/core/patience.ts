/** How often servers may turn us away before it counts as an answer. One may be healing; many in a row mean it. */

/** Servers in a row that lag behind what we no longer keep, before we begin a new session. */
const maxServersBehind = 5
/** Refusals in a row without anything achieved between them. */
const maxRefusals = 5
/** Redirects in a row before we look for ourselves. */
const maxRedirects = 8

export class Patience {
  #serversBehind = 0
  #refusals = 0
  #redirects = 0

  /** A server lags behind. True: that were enough of them. */
  isTriedByLag(): boolean {
    if (++this.#serversBehind < maxServersBehind) return false
    this.#serversBehind = 0
    return true
  }

  serverIsUpToDate(): void {
    this.#serversBehind = 0
  }

  /** A server refused what we say. True: it is about us. */
  isTriedByRefusal(): boolean {
    return ++this.#refusals >= maxRefusals
  }

  somethingWasLogged(): void {
    this.#refusals = 0
  }

  /** Servers that send us around and around are not followed for ever. `wasStable`: this one has served us. */
  mayFollowRedirect(wasStable: boolean): boolean {
    if (wasStable) this.#redirects = 0
    return ++this.#redirects <= maxRedirects
  }
}
