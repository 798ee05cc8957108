/**
 * Users who were sent to another server, and have not come there yet. Others are told nothing of it: for them such a user is
 * online. The root watches how long that takes, and says in the log who has not come in time.
 *
 * Who is on the way is in the table of presence, a function of the log, so every server knows it: a root that dies is
 * followed by one that watches the same users. Only since when is each server's own, from its own watch.
 */
import { maxConnectionsPerEntry, type GoneBody, type PresenceRow, type PublisherId } from '@jwp/protocol'
import type { Parts } from '../../parts.js'

interface Move {
  readonly from: NonNullable<PresenceRow['moving']>
  readonly sinceMs: number
}

export class Moves {
  readonly #parts: Parts
  /** By the name of the user; who has been on the way longest comes first. */
  readonly #moves = new Map<string, Move>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The table of presence has changed: this user is on the way from there; undefined: it is not. */
  now(username: string, from: PresenceRow['moving']): void {
    const before = this.#moves.get(username)
    if (before !== undefined && isSame(before.from, from)) return
    this.#moves.delete(username)
    if (from !== undefined) this.#moves.set(username, { from, sinceMs: this.#parts.time.nowMs })
  }

  tick(): void {
    const { place, time } = this.#parts
    if (!place.isRoot) return
    const late = new Map<PublisherId, [number, string][]>()
    for (const [username, { from, sinceMs }] of this.#moves) {
      if (time.nowMs < sinceMs + this.#withinMs) break
      const [home, number] = from
      const ofHome = late.get(home) ?? []
      late.set(home, ofHome)
      ofHome.push([number, username])
      // If what we say of it is lost, it is said again.
      this.#moves.delete(username)
      this.#moves.set(username, { from, sinceMs: time.nowMs })
    }
    for (const [server, connections] of late)
      for (let k = 0; k < connections.length; k += maxConnectionsPerEntry)
        this.#declareGone({ server, connections: connections.slice(k, k + maxConnectionsPerEntry) })
  }

  nextDeadlineMs(): number | undefined {
    if (!this.#parts.place.isRoot) return undefined
    for (const { sinceMs } of this.#moves.values()) return sinceMs + this.#withinMs
    return undefined
  }

  get #withinMs(): number {
    return this.#parts.options.timing.movedWithinMs
  }

  #declareGone(body: GoneBody): void {
    const { ownEntries, platform } = this.#parts
    ownEntries.publish('gone', platform.encodeUtf8(JSON.stringify(body)))
  }
}

function isSame([home, number]: Move['from'], other: PresenceRow['moving']): boolean {
  return other?.[0] === home && other[1] === number
}
