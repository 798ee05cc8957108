/**
 * What each entry changed in the table of presence, so that it can be undone when the log is truncated, shown as it
 * was at an earlier position (a snapshot), and sent to clients at the very position where it changed.
 */
import type { HomeRow, LogIndex, PresenceRow, PresenceTable, PublisherId } from '@jwp/protocol'

export interface PresenceChange {
  readonly username: string
  readonly online: boolean
}

/** One entry's doing: what was there before it. Undefined: nothing. */
export interface PresenceStep {
  readonly index: LogIndex
  readonly users: (readonly [string, PresenceRow | undefined])[]
  readonly homes: (readonly [PublisherId, HomeRow | undefined])[]
  readonly changes: PresenceChange[]
}

/** Rows by their names; undefined: there is none. */
export interface PresenceRows {
  readonly users: ReadonlyMap<string, PresenceRow | undefined>
  readonly homes: ReadonlyMap<PublisherId, HomeRow | undefined>
}

/** Rows that changed; undefined: there is none any more. */
export interface PresenceChanges {
  readonly users: readonly (readonly [string, PresenceRow | undefined])[]
  readonly homes: readonly (readonly [PublisherId, HomeRow | undefined])[]
}

export class PresenceSteps {
  /** Rising by index. */
  #steps: PresenceStep[] = []

  get count(): number {
    return this.#steps.length
  }

  clear(): void {
    this.#steps = []
  }

  add(step: PresenceStep): void {
    if (step.users.length > 0 || step.homes.length > 0) this.#steps.push(step)
  }

  /** The steps of the entries after `end`, the last first. They are forgotten. */
  cutTo(end: LogIndex): PresenceStep[] {
    return this.#steps.splice(this.#firstAfter(end)).reverse()
  }

  /** Entries up to here will not be cut, nor read again. */
  settle(index: LogIndex): void {
    const settled = this.#firstAfter(index)
    if (settled > 0) this.#steps.splice(0, settled)
  }

  changesAt(index: LogIndex): readonly PresenceChange[] {
    const step = this.#steps[this.#firstAfter(index - 1)]
    return step?.index === index ? step.changes : []
  }

  /** What the entries after `index` found: the rows that were different then, as they were. */
  before(index: LogIndex): PresenceRows {
    const users = new Map<string, PresenceRow | undefined>()
    const homes = new Map<PublisherId, HomeRow | undefined>()
    for (let i = this.#steps.length - 1; i >= 0 && this.#steps[i]!.index > index; i--) {
      const step = this.#steps[i]!
      for (let k = step.users.length - 1; k >= 0; k--) users.set(...step.users[k]!)
      for (let k = step.homes.length - 1; k >= 0; k--) homes.set(...step.homes[k]!)
    }
    return { users, homes }
  }

  /** The users whose rows the entries up to `index` changed. */
  touchedUpTo(index: LogIndex): { users: Set<string>; homes: Set<PublisherId> } {
    const users = new Set<string>()
    const homes = new Set<PublisherId>()
    for (const step of this.#steps) {
      if (step.index > index) break
      for (const [username] of step.users) users.add(username)
      for (const [home] of step.homes) homes.add(home)
    }
    return { users, homes }
  }

  /** Place of the first step after `index`. */
  #firstAfter(index: LogIndex): number {
    let low = 0
    let high = this.#steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#steps[middle]!.index <= index) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What is left of a table in which some rows are other ones, or none. */
export function overlaid(
  users: ReadonlyMap<string, PresenceRow>,
  homes: ReadonlyMap<PublisherId, HomeRow>,
  rows: PresenceRows,
): PresenceTable {
  return { users: withOthers(users, rows.users), homes: withOthers(homes, rows.homes) }
}

/** Row by row: a table of hundreds of thousands is not copied more than once. */
function withOthers<Key, Row>(
  rows: ReadonlyMap<Key, Row>,
  others: ReadonlyMap<Key, Row | undefined>,
): (readonly [Key, Row])[] {
  const list: (readonly [Key, Row])[] = []
  for (const pair of rows) if (!others.has(pair[0])) list.push(pair)
  for (const [key, row] of others) if (row !== undefined) list.push([key, row])
  return list
}
