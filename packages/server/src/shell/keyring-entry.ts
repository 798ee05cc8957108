/**
 * This server's entry in the local keyring, for as long as it runs: the folder may be removed meanwhile (a login
 * session ends, an operator cleans up), and come back.
 */
import { access } from 'node:fs/promises'
import { enterKeyring, keyringFileOf, leaveKeyring, type LocalServer } from './keyring.js'

/** How often the entry is checked, in milliseconds. Raise: less to do. Lower: a removed entry is back sooner. */
const lookEveryMs = 2_000

export interface KeyringEvents {
  /** The entry cannot be written. Called after each attempt. */
  onTrouble(error: unknown): void
  /** The entry was missing, or could not be written, and is there now. */
  onReturn(): void
}

export class KeyringEntry {
  readonly #server: LocalServer
  readonly #events: KeyringEvents
  /** Undefined: the folder could not be used so far. */
  #path: string | undefined
  #isLooking = false
  #hasLeft = false
  readonly #timer: NodeJS.Timeout

  constructor(server: LocalServer, events: KeyringEvents) {
    this.#server = server
    this.#events = events
    this.#enter()
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref()
  }

  leave(): void {
    this.#hasLeft = true
    clearInterval(this.#timer)
    leaveKeyring(this.#server.port)
  }

  /** Checks without blocking the event loop: a disk that hangs must not make the server hang. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const isThere = this.#path !== undefined && (await exists(this.#path))
    this.#isLooking = false
    if (!isThere && !this.#hasLeft && this.#enter()) this.#events.onReturn()
  }

  #enter(): boolean {
    try {
      this.#path = keyringFileOf(this.#server.port)
      enterKeyring(this.#server)
      return true
    } catch (error) {
      this.#events.onTrouble(error)
      return false
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
