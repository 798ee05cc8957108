/**
 * Which silences hold at the moment, and what that means for each relay. The address of a connection tells its
 * process: every server has an address of its own, and one without is a client.
 */
import type { Relay } from '@jwp/transport'

/** A server's name, `clock` or `client`. */
export type Party = string

/** True: what `speaker` says does not reach `listener`. */
export type Cut = (speaker: Party, listener: Party) => boolean

export class CutBoard {
  readonly #relays = new Map<Party, Relay>()
  readonly #partyAt = new Map<string, Party>()
  readonly #cuts = new Set<Cut>()

  /** @param source address that its own connections come from, if it has one of its own */
  add(party: Party, relay: Relay, source: string | undefined): void {
    this.#relays.set(party, relay)
    if (source !== undefined) this.#partyAt.set(source, party)
  }

  /** No server's address: a client connects from there. */
  isClient(from: string): boolean {
    return this.#partyAt.size > 0 && !this.#partyAt.has(from)
  }

  /** From now on, until the function that is returned is called. */
  cut(cut: Cut): () => void {
    this.#cuts.add(cut)
    this.#apply()
    return () => {
      this.#cuts.delete(cut)
      this.#apply()
    }
  }

  /** All processes hear each other. */
  clear(): void {
    this.#cuts.clear()
    this.#apply()
  }

  #apply(): void {
    for (const [party, relay] of this.#relays) {
      relay.setFlow((from) => {
        const dialler = this.#partyAt.get(from) ?? 'client'
        return { toTarget: !this.#isCut(dialler, party), fromTarget: !this.#isCut(party, dialler) }
      })
    }
  }

  #isCut(speaker: Party, listener: Party): boolean {
    for (const cut of this.#cuts) if (cut(speaker, listener)) return true
    return false
  }
}
