/** Turns changes into writes of one transaction. Nothing is read back: what it needs to know of the disk it remembers. */
import type { Address } from '@jwp/protocol'
import type { BaseAdvance, StoreChange, StoredBase } from '@jwp/server/core'
import type { LogBlocks } from './log-blocks.js'
import type { OtherBlocks } from './other-blocks.js'
import type { QueueBlocks } from './queue-blocks.js'
import { encodeRecord } from './record.js'
import { homeKey, userKey, type FactName, type Tables } from './tables.js'

/** What the folder holds, as far as writing to it needs to know. */
export interface StoredShape {
  readonly log: LogBlocks
  readonly queue: QueueBlocks
  readonly others: OtherBlocks
  /** Who is in the table of users: a name belongs to whoever registered it first. */
  readonly users: Set<string>
}

export class ChangeWriter {
  readonly #tables: Tables
  readonly #shape: StoredShape

  constructor(tables: Tables, shape: StoredShape) {
    this.#tables = tables
    this.#shape = shape
  }

  /** All of it in one transaction: all or nothing. Resolves when it counts as written; rejects when nothing of it is. */
  async write(changes: readonly StoreChange[], contacts: readonly Address[] | undefined): Promise<void> {
    await this.#tables.root.batch(() => {
      const { log, queue } = this.#shape
      const before = log.end
      for (const change of changes) this.#apply(change)
      queue.write()
      if (log.end !== before) this.#fact('end', log.end)
      if (contacts !== undefined) this.#fact('contacts', contacts)
    })
  }

  #apply(change: StoreChange): void {
    const { log, queue } = this.#shape
    const { restart, cutTo, append, drop, commit, highestEpochNumber, cursors } = change
    if (restart !== undefined) this.#restart(restart)
    if (cutTo !== undefined) log.cutTo(cutTo)
    if (append !== undefined) log.append(append.from, append.entries)
    if (drop !== undefined) this.#drop(drop)
    if (commit !== undefined) this.#fact('commit', commit)
    if (highestEpochNumber !== undefined) this.#fact('epoch', highestEpochNumber)
    if (change.queued !== undefined || change.unqueued !== undefined)
      queue.change(change.queued ?? [], change.unqueued ?? [])
    for (const [publisher, index] of cursors ?? []) {
      if (index === 0) void this.#tables.cursors.remove(publisher)
      else void this.#tables.cursors.put(publisher, index)
    }
  }

  #restart(base: StoredBase): void {
    void this.#tables.marks.clearAsync()
    void this.#tables.users.clearAsync()
    void this.#tables.presence.clearAsync()
    this.#shape.users.clear()
    this.#shape.others.restart()
    this.#shape.log.restart(base.index)
    this.#base(base)
  }

  #drop(drop: NonNullable<StoreChange['drop']>): void {
    this.#shape.log.dropTo(drop.index)
    this.#base(drop)
  }

  #base({ index, lineage, lastTimestamp, marks, others, users, presence }: BaseAdvance): void {
    this.#fact('base', { index, lineage, lastTimestamp })
    this.#shape.others.append(index, others)
    for (const [publisher, n] of marks) {
      if (n === 0) void this.#tables.marks.remove(publisher)
      else void this.#tables.marks.put(publisher, n)
    }
    this.#presence(presence)
    for (const user of users) {
      if (this.#shape.users.has(user.username)) continue
      this.#shape.users.add(user.username)
      void this.#tables.users.put(this.#shape.users.size, encodeRecord(user))
    }
  }

  #presence({ users, homes }: BaseAdvance['presence']): void {
    const { presence } = this.#tables
    const rows = [
      ...users.map(([username, row]) => [userKey(username), row] as const),
      ...homes.map(([home, row]) => [homeKey(home), row] as const),
    ]
    for (const [key, row] of rows) {
      if (row === undefined) void presence.remove(key)
      else void presence.put(key, encodeRecord(row))
    }
  }

  #fact(name: FactName, value: unknown): void {
    void this.#tables.facts.put(name, encodeRecord(value))
  }
}
