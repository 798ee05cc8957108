/** How often servers may refuse this client before it counts as an answer. One may be healing; many in a row mean it. */

/** Servers in a row that lag behind what this client no longer keeps, before it begins a new session. */
const maxServersBehind = 5
/** Refusals in a row without anything achieved between them. */
const maxRefusals = 5
/** Redirects in a row before the client chooses a server by itself. */
const maxRedirects = 8

export class RetryBudget {
  #serversBehind = 0
  #refusals = 0
  #redirects = 0

  /** A server lags behind. False: the budget is used up, and begins anew. */
  spendOnLag(): boolean {
    if (++this.#serversBehind < maxServersBehind) return true
    this.#serversBehind = 0
    return false
  }

  serverIsUpToDate(): void {
    this.#serversBehind = 0
  }

  /** A server refused a command. False: the budget is used up, and the reason lies with this client. */
  spendOnRefusal(): boolean {
    return ++this.#refusals < maxRefusals
  }

  somethingWasLogged(): void {
    this.#refusals = 0
  }

  /** Redirects in a circle are not followed for ever. `wasStable`: the server that redirects has served this client. */
  spendOnRedirect(wasStable: boolean): boolean {
    if (wasStable) this.#redirects = 0
    return ++this.#redirects <= maxRedirects
  }
}
