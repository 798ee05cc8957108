/**
 * The registered users: a table that is a pure function of the applied log, so it is the same everywhere at the same
 * position. A name belongs to the register entry that comes first.
 */
import {
  maxUsernameBytes,
  type LogEntry,
  type LogIndex,
  type Platform,
  type RegisterBody,
} from '@jwp/protocol'
import type { LogProjection, Restart } from './log-projection.js'

/** Of salt and verifier; ours have 32 and 64. */
const maxHexLength = 1_024

export interface User extends RegisterBody {
  /** Where in the log it was registered. */
  readonly index: LogIndex
}

export interface RegisterOutcome {
  readonly body: RegisterBody
  /** False: the name belonged to another account already. */
  readonly won: boolean
}

export interface DirectoryNeeds {
  readonly platform: Pick<Platform, 'decodeUtf8'>
  /** A registration was applied. */
  readonly onRegistered: (outcome: RegisterOutcome) => void
}

export class Directory implements LogProjection {
  readonly #needs: DirectoryNeeds
  readonly #users = new Map<string, User>()
  /** Accounts that the log before a restart had, and whose names are free now. */
  #displaced: readonly RegisterBody[] = []

  constructor(needs: DirectoryNeeds) {
    this.#needs = needs
  }

  get size(): number {
    return this.#users.size
  }

  find(username: string): User | undefined {
    return this.#users.get(username)
  }

  applyActivities(): void {
    // None is a registration.
  }

  apply(entry: LogEntry, index: LogIndex): void {
    const body = entry.kind === 'register' ? this.#read(entry) : undefined
    if (body === undefined) return
    const owner = this.#users.get(body.username)
    if (owner === undefined) this.#users.set(body.username, { ...body, index })
    this.#needs.onRegistered({ body, won: owner === undefined || owner.verifier === body.verifier })
  }

  endApply(): void {
    // Each registration is reported as it is applied.
  }

  settle(): void {
    // Each account knows where it was registered: nothing else is kept to undo entries.
  }

  cutTo(end: LogIndex): void {
    for (const [name, user] of this.#users) if (user.index > end) this.#users.delete(name)
  }

  /** The table as it was at `index`. */
  usersUpTo(index: LogIndex): RegisterBody[] {
    return this.usersBetween(-1, index)
  }

  /** Registered by the entries from `after + 1` to `index`. */
  usersBetween(after: LogIndex, index: LogIndex): RegisterBody[] {
    const bodies: RegisterBody[] = []
    for (const { username, salt, verifier, index: at } of this.#users.values())
      if (at > after && at <= index) bodies.push({ username, salt, verifier })
    return bodies
  }

  restart({ base: { users, index } }: Restart): void {
    const before = this.usersUpTo(Infinity)
    this.#users.clear()
    for (const { username, salt, verifier } of users)
      this.#users.set(username, { username, salt, verifier, index })
    this.#displaced = before.filter(({ username }) => !this.#users.has(username))
  }

  endRestart(): void {
    // The displaced accounts are read afterwards.
  }

  /** Accounts of the log before the last restart whose names are free in the new one. Each is returned once. */
  takeDisplaced(): readonly RegisterBody[] {
    const displaced = this.#displaced
    this.#displaced = []
    return displaced
  }

  /** A body that is no registration is skipped, everywhere alike: the log itself must not depend on it. */
  #read(entry: LogEntry): RegisterBody | undefined {
    try {
      const body = JSON.parse(this.#needs.platform.decodeUtf8(entry.body)) as Partial<RegisterBody> | null
      const { username, salt, verifier } = body ?? {}
      if (typeof username !== 'string' || typeof salt !== 'string' || typeof verifier !== 'string')
        return undefined
      // A snapshot must be able to carry it.
      if (username === '' || username.length > maxUsernameBytes) return undefined
      if (salt.length > maxHexLength || verifier.length > maxHexLength) return undefined
      return { username, salt, verifier }
    } catch {
      return undefined
    }
  }
}
