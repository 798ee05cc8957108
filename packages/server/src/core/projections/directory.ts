/**
 * Who is registered: a table that is a pure function of the applied log, so it is the same everywhere at the same
 * position. A name belongs to the register entry that comes first.
 */
import { maxUsernameBytes, type LogEntry, type LogIndex, type RegisterBody } from '@jwp/protocol'
import type { Parts } from '../parts.js'

/** Of salt and verifier; ours have 32 and 64. */
const maxHexLength = 1_024

export interface User extends RegisterBody {
  /** Where in the log it was registered. */
  readonly index: LogIndex
}

export interface RegisterOutcome {
  readonly body: RegisterBody
  /** False: the name belonged to somebody else already. */
  readonly won: boolean
}

export class Directory {
  readonly #parts: Parts
  readonly #users = new Map<string, User>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#users.size
  }

  find(username: string): User | undefined {
    return this.#users.get(username)
  }

  apply(entry: LogEntry, index: LogIndex): RegisterOutcome | undefined {
    const body = this.#read(entry)
    if (body === undefined) return undefined
    const owner = this.#users.get(body.username)
    if (owner !== undefined) return { body, won: owner.verifier === body.verifier }
    this.#users.set(body.username, { ...body, index })
    return { body, won: true }
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

  /** Begins with another table. Returns the accounts of ours whose names are free in it. */
  restart(users: readonly RegisterBody[], index: LogIndex): RegisterBody[] {
    const before = this.usersUpTo(Infinity)
    this.#users.clear()
    for (const { username, salt, verifier } of users)
      this.#users.set(username, { username, salt, verifier, index })
    return before.filter(({ username }) => !this.#users.has(username))
  }

  /** A body that is no registration is skipped, everywhere alike: the log itself must not depend on it. */
  #read(entry: LogEntry): RegisterBody | undefined {
    try {
      const body = JSON.parse(this.#parts.platform.decodeUtf8(entry.body)) as Partial<RegisterBody> | null
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
