/**
 * A server's disk: it outlives the process. Changes are written one after the other, each all or nothing, and each
 * takes a moment. A crash loses what was not written; some of what was under way may be on the disk without having
 * been reported. The change that the crash interrupts is gone as a whole, as in LMDB.
 */
import type { LogEntry, LogIndex, Random } from '@jwp/protocol'
import { entriesIn, logRuns, RunTable } from '@jwp/protocol'
import {
  applyChange,
  nothingStored,
  type StoreChange,
  type StoredBase,
  type StoredState,
} from '@jwp/server/core'
import type { EventQueue } from '../event-queue.js'

/** One write takes so long, in milliseconds. */
export type DiskPace = readonly [number, number]

export interface DiskEvents {
  stored(number: number): void
  failed(info: string): void
}

export class Disk {
  readonly #queue: EventQueue
  readonly #random: Random
  readonly #pace: DiskPace
  readonly #content = new Content()
  #underWay: StoreChange[] = []
  #events: DiskEvents | undefined
  #lastDoneMs = 0
  /** Rises when the process ends, so that late writes of its time report nothing. */
  #life = 0
  #isFull = false

  constructor(queue: EventQueue, random: Random, pace: DiskPace) {
    this.#queue = queue
    this.#random = random
    this.#pace = pace
  }

  /** Full, so that nothing was written since. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** A new process opens it. A full disk has room again. @returns what the last process has left, if anything */
  open(events: DiskEvents): StoredState | undefined {
    this.#events = events
    this.#isFull = false
    return this.#content.read()
  }

  write(change: StoreChange): void {
    const life = this.#life
    if (!this.#isFull) this.#underWay.push(change)
    this.#lastDoneMs = Math.max(this.#lastDoneMs, this.#queue.nowMs + this.#random.between(...this.#pace))
    this.#queue.at(this.#lastDoneMs, () => {
      if (life !== this.#life) return
      if (this.#isFull) this.#events?.failed('no space left on the disk')
      else this.#done()
    })
  }

  /** From now on nothing can be written, whatever is under way. */
  fill(): void {
    this.#isFull = true
    this.#underWay = []
  }

  /** The process is gone. `inOrder`: it has waited until everything was written. */
  close({ inOrder }: { readonly inOrder: boolean }): void {
    this.#life++
    const written = inOrder ? this.#underWay.length : this.#random.below(this.#underWay.length + 1)
    for (const change of this.#underWay.slice(0, written)) this.#content.apply(change)
    this.#underWay = []
    this.#events = undefined
  }

  #done(): void {
    const change = this.#underWay.shift()
    if (change === undefined) return
    this.#content.apply(change)
    this.#events?.stored(change.number)
  }
}

/** What is written, in maps, so that a change costs what it changes. */
class Content {
  #isUsed = false
  #base: StoredBase = nothingStored.base
  readonly #entries = new Map<LogIndex, LogEntry>()
  #end: LogIndex = 0
  #commit: LogIndex = 0
  #highestEpochNumber = 0
  readonly #queue = new RunTable()
  readonly #cursors = new Map<StoredState['cursors'][number][0], LogIndex>()

  read(): StoredState | undefined {
    if (!this.#isUsed) return undefined
    const entries: LogEntry[] = []
    for (let index = this.#base.index + 1; index <= this.#end; index++) {
      const entry = this.#entries.get(index)
      if (entry === undefined) throw new Error(`the disk holds no entry ${index} of ${this.#end}`)
      entries.push(entry)
    }
    return {
      base: this.#base,
      runs: logRuns(entries),
      commit: this.#commit,
      highestEpochNumber: this.#highestEpochNumber,
      queue: this.#queue.all(),
      cursors: [...this.#cursors],
    }
  }

  apply(change: StoreChange): void {
    this.#isUsed = true
    this.#applyToLog(change)
    this.#commit = change.commit ?? this.#commit
    this.#highestEpochNumber = change.highestEpochNumber ?? this.#highestEpochNumber
    for (const range of change.unqueued ?? []) this.#queue.take(...range)
    for (const run of change.queued ?? []) this.#queue.add(run)
    for (const [publisher, index] of change.cursors ?? []) {
      if (index === 0) this.#cursors.delete(publisher)
      else this.#cursors.set(publisher, index)
    }
  }

  #applyToLog({ number, restart, cutTo, append, drop }: StoreChange): void {
    if (restart !== undefined) {
      this.#entries.clear()
      this.#end = restart.index
    }
    for (; cutTo !== undefined && this.#end > cutTo; this.#end--) this.#entries.delete(this.#end)
    if (append !== undefined) {
      const entries = entriesIn(append.runs)
      entries.forEach((entry, k) => this.#entries.set(append.from + k, entry))
      this.#end = append.from + entries.length - 1
    }
    if (restart === undefined && drop === undefined) return
    const before = this.#base.index
    const tables = { number, ...(restart && { restart }), ...(drop && { drop }) }
    this.#base = applyChange({ ...nothingStored, base: this.#base }, tables).base
    this.#end = Math.max(this.#end, this.#base.index)
    for (let index = before + 1; index <= this.#base.index; index++) this.#entries.delete(index)
  }
}
