/**
 * Turns changes into writes of one transaction. Nothing is read back: the writer remembers what it needs to know of
 * the disk.
 */
import { setImmediate } from 'node:timers/promises'
import type { Address } from '@jwp/protocol'
import type { BaseAdvance, StoreChange, StoredBase } from '@jwp/server/core'
import type { LogBlocks } from './log-blocks.js'
import type { OtherBlocks } from './other-blocks.js'
import type { QueueBlocks } from './queue-blocks.js'
import { encodeRecord } from './record.js'
import { homeKey, userKey, type FactName, type Tables } from './tables.js'

/** Rows that are written at a stretch: encoding them takes some 10 ms, and links and timers wait meanwhile. */
const rowsAtOnce = 4_096

/** What the folder holds, as far as writing to it needs to know. */
export interface StoredShape {
  readonly log: LogBlocks
  readonly queue: QueueBlocks
  readonly others: OtherBlocks
  /** The names in the table of users: a name belongs to the first registration. */
  readonly users: Set<string>
}

export class ChangeWriter {
  readonly #tables: Tables
  readonly #shape: StoredShape

  constructor(tables: Tables, shape: StoredShape) {
    this.#tables = tables
    this.#shape = shape
  }

  /**
   * Writes all changes in one transaction: all or nothing. Resolves when they count as written; rejects when none of
   * them is.
   */
  async write(changes: readonly StoreChange[], contacts: readonly Address[] | undefined): Promise<void> {
    const { root } = this.#tables
    const stretches = this.#stretches(changes, contacts)
    if (changes.every(({ restart }) => restart === undefined)) await root.batch(() => runThrough(stretches))
    // A batch is made at a stretch. This one may be of a million rows: it stays open while other work gets its turns.
    // As a child it is undone if it fails in the middle.
    else
      await root.childTransaction(async () => {
        for (const _ of stretches) await setImmediate()
      })
  }

  /** Writes as it is run through, with a stop after every so many rows. */
  *#stretches(changes: readonly StoreChange[], contacts: readonly Address[] | undefined): Generator<void> {
    const { log, queue } = this.#shape
    const before = log.end
    for (const change of changes) yield* this.#apply(change)
    queue.write()
    if (log.end !== before) this.#fact('end', log.end)
    if (contacts !== undefined) this.#fact('contacts', contacts)
  }

  *#apply(change: StoreChange): Generator<void> {
    const { log, queue } = this.#shape
    const { restart, cutTo, append, drop, commit, highestEpochNumber, cursors } = change
    if (restart !== undefined) yield* this.#restart(restart)
    if (cutTo !== undefined) log.cutTo(cutTo)
    if (append !== undefined) log.append(append.from, append.runs)
    if (drop !== undefined) yield* this.#drop(drop)
    if (commit !== undefined) this.#fact('commit', commit)
    if (highestEpochNumber !== undefined) this.#fact('epoch', highestEpochNumber)
    if (change.queued !== undefined || change.unqueued !== undefined)
      queue.change(change.queued ?? [], change.unqueued ?? [])
    for (const [publisher, index] of cursors ?? []) {
      if (index === 0) void this.#tables.cursors.remove(publisher)
      else void this.#tables.cursors.put(publisher, index)
    }
  }

  *#restart(base: StoredBase): Generator<void> {
    void this.#tables.marks.clearAsync()
    void this.#tables.users.clearAsync()
    void this.#tables.presence.clearAsync()
    this.#shape.users.clear()
    this.#shape.others.restart()
    this.#shape.log.restart(base.index)
    yield* this.#base(base)
  }

  *#drop(drop: NonNullable<StoreChange['drop']>): Generator<void> {
    this.#shape.log.dropTo(drop.index)
    yield* this.#base(drop)
  }

  *#base({ index, lineage, lastTimestamp, marks, others, users, presence }: BaseAdvance): Generator<void> {
    this.#fact('base', { index, lineage, lastTimestamp })
    this.#shape.others.append(index, others)
    yield* inStretches(marks, ([publisher, n]) => {
      if (n === 0) void this.#tables.marks.remove(publisher)
      else void this.#tables.marks.put(publisher, n)
    })
    yield* inStretches(presence.users, ([username, row]) => {
      this.#present(userKey(username), row)
    })
    yield* inStretches(presence.homes, ([home, row]) => {
      this.#present(homeKey(home), row)
    })
    yield* inStretches(users, (user) => {
      if (this.#shape.users.has(user.username)) return
      this.#shape.users.add(user.username)
      void this.#tables.users.put(this.#shape.users.size, encodeRecord(user))
    })
  }

  #present(key: string, row: unknown): void {
    if (row === undefined) void this.#tables.presence.remove(key)
    else void this.#tables.presence.put(key, encodeRecord(row))
  }

  #fact(name: FactName, value: unknown): void {
    void this.#tables.facts.put(name, encodeRecord(value))
  }
}

function runThrough(stretches: Iterator<void>): void {
  while (stretches.next().done !== true);
}

function* inStretches<Row>(rows: readonly Row[], write: (row: Row) => void): Generator<void> {
  for (let at = 0; at < rows.length; at++) {
    write(rows[at]!)
    if ((at + 1) % rowsAtOnce === 0) yield
  }
}
