/**
 * Users who were sent to another server, and have not arrived there yet. For other clients such a user is online. The
 * root watches how long that takes, and says in the log which users have not arrived in time.
 *
 * The table of presence holds the users on the way. It is a function of the log, so every server knows them: a new
 * root watches the same users. Only the begin of the wait is each server's own, from its own clock.
 */
import {
  maxConnectionsPerEntry,
  type GoneBody,
  type PresenceRow,
  type PublisherId,
  type Platform,
} from '@jwp/protocol'
import type { TurnTime } from '../turn-time.js'
import type { RoleKeeper } from '../tree/role.js'
import type { ServerOptions } from '../options.js'
import type { OwnEntries } from '../log/own-entries.js'

export interface MovesNeeds {
  readonly time: TurnTime
  readonly role: Pick<RoleKeeper, 'isRoot'>
  readonly options: Pick<ServerOptions, 'timing'>
  readonly ownEntries: Pick<OwnEntries, 'publish'>
  readonly platform: Pick<Platform, 'encodeUtf8'>
}

interface Move {
  readonly from: NonNullable<PresenceRow['moving']>
  readonly sinceMs: number
}

export class Moves {
  readonly #needs: MovesNeeds
  /** By the name of the user; the one that has been on the way longest comes first. */
  readonly #moves = new Map<string, Move>()

  constructor(needs: MovesNeeds) {
    this.#needs = needs
  }

  /** The table of presence has changed: this user is on the way from there; undefined: it is not. */
  now(username: string, from: PresenceRow['moving']): void {
    const before = this.#moves.get(username)
    if (before !== undefined && isSame(before.from, from)) return
    this.#moves.delete(username)
    if (from !== undefined) this.#moves.set(username, { from, sinceMs: this.#needs.time.nowMs })
  }

  tick(): void {
    const { role, time } = this.#needs
    if (!role.isRoot) return
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
    if (!this.#needs.role.isRoot) return undefined
    for (const { sinceMs } of this.#moves.values()) return sinceMs + this.#withinMs
    return undefined
  }

  get #withinMs(): number {
    return this.#needs.options.timing.movedWithinMs
  }

  #declareGone(body: GoneBody): void {
    const { ownEntries, platform } = this.#needs
    ownEntries.publish('gone', platform.encodeUtf8(JSON.stringify(body)))
  }
}

function isSame([home, number]: Move['from'], other: PresenceRow['moving']): boolean {
  return other?.[0] === home && other[1] === number
}
