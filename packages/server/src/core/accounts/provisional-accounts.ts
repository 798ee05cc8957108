/**
 * Accounts that other servers know while this log does not know them yet: the pair of a LOGIN_ALLOWED that was sent
 * to this server or passed through it. They are outside the directory, which is a pure function of the log, and rank
 * below it: a provisional account lets a user in sooner, and never keeps one out.
 */
import type { RegisterBody } from '@jwp/protocol'

/** At most about 300 bytes each. An account that is dropped is asked for again. */
const maxHeard = 1_024

export class ProvisionalAccounts {
  /** Oldest first. */
  readonly #accounts = new Map<string, RegisterBody>()

  get size(): number {
    return this.#accounts.size
  }

  find(username: string): RegisterBody | undefined {
    return this.#accounts.get(username)
  }

  add({ username, salt, verifier }: RegisterBody): void {
    this.#accounts.delete(username)
    this.#accounts.set(username, { username, salt, verifier })
    if (this.#accounts.size <= maxHeard) return
    const [oldest] = this.#accounts.keys()
    this.#accounts.delete(oldest!)
  }

  /** The log has spoken on this name, or had nothing to say where it should. @returns whether there was one */
  drop(username: string): boolean {
    return this.#accounts.delete(username)
  }

  /** Drops those that the log has decided on by now. */
  dropKnown(isKnown: (username: string) => boolean): void {
    for (const username of this.#accounts.keys()) if (isKnown(username)) this.#accounts.delete(username)
  }
}
