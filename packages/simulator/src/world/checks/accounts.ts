/** F3: a name belongs to one account, and who was told that it is his keeps it while the log's order is kept. */
import type { Observer } from '../observers.js'
import type { PlainClient } from '../processes/plain-client.js'

export class Accounts implements Observer {
  readonly #owners = new Map<string, Set<PlainClient>>()
  /** Who lost a name that he had been told was his. */
  readonly lost: string[] = []

  accountOwned(client: PlainClient): void {
    const username = client.options.username!
    const owners = this.#owners.get(username) ?? new Set()
    this.#owners.set(username, owners.add(client))
  }

  accountLost(client: PlainClient, info: string): void {
    this.#owners.get(client.options.username!)?.delete(client)
    this.lost.push(`${client.options.name} lost ${client.options.username}: ${info}`)
  }

  /** Names that more than one client believes to be his. */
  claimedTwice(): string[] {
    const twice: string[] = []
    for (const [username, owners] of this.#owners) {
      const living = [...owners].filter((client) => client.isAlive).map((client) => client.options.name)
      if (living.length > 1) twice.push(`${username}: ${living.join(', ')}`)
    }
    return twice
  }
}
