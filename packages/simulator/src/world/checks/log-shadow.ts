/**
 * A second book-keeping of every server's log, read after each turn through `inspect()`. On the way it checks what
 * must hold for logs at any moment: the same epoch and index mean the same entry everywhere, every publisher's
 * numbers have no gap, timestamps rise. What a server has dropped, or never had because it began with a snapshot, is
 * filled in from what others held at that place.
 */
import { epochAt } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { Accuse } from './violation.js'

interface ShadowEntry {
  readonly key: string
  readonly epoch: string
  readonly timestamp: number
  readonly publisher: string
  readonly n: number
}

export interface ShadowLog {
  readonly entries: ShadowEntry[]
  readonly indexByKey: Map<string, number>
  readonly numbers: Map<string, number>
  applied: number
}

export const entryKey = (publisher: string, n: number): string => `${publisher}:${n}`

export class LogShadow implements Observer {
  readonly #logs = new Map<ServerProcess, ShadowLog>()
  /** What was seen at each (epoch, index), by whomever. */
  readonly #written = new Map<string, ShadowEntry>()
  readonly #accuse: Accuse
  /** Applied entries that some server had to cut: harmless after a partition, telling otherwise. */
  cutApplied = 0

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  of(server: ServerProcess): ShadowLog {
    let log = this.#logs.get(server)
    if (log === undefined) {
      this.#logs.set(server, (log = { entries: [], indexByKey: new Map(), numbers: new Map(), applied: 0 }))
    }
    return log
  }

  has(server: ServerProcess, key: string): boolean {
    return this.of(server).indexByKey.has(key)
  }

  serverTurnEnded(server: ServerProcess): void {
    const inspection = server.core.inspect()
    const log = this.of(server)
    const { entries } = log
    const last = inspection.lastIndex
    if (
      last === entries.length &&
      (last === 0 || inspection.lineage.at(-1)![0] === entries[last - 1]!.epoch)
    ) {
      this.#noteApplied(server, log, inspection.applied)
      return
    }
    // Where do the two part? Epochs at an index settle it.
    let same = Math.min(entries.length, last)
    while (same > 0 && epochAt(inspection.lineage, same) !== entries[same - 1]!.epoch) same--
    if (same < log.applied) this.cutApplied += log.applied - same
    log.applied = Math.min(log.applied, same)
    this.#cut(log, same)
    for (let index = same + 1; index <= last; index++) {
      const entry =
        inspection.entryAt(index) ?? this.#written.get(`${epochAt(inspection.lineage, index)} ${index}`)
      if (entry === undefined) this.#accuse('whole log', `${server.id} has no entry at ${index} of ${last}`)
      else this.#append(server, log, entry, index)
    }
    this.#noteApplied(server, log, inspection.applied)
  }

  #noteApplied(server: ServerProcess, log: ShadowLog, applied: number): void {
    if (applied > log.entries.length)
      this.#accuse('whole log', `${server.id} has applied ${applied} of ${log.entries.length}`)
    log.applied = applied
  }

  #cut(log: ShadowLog, end: number): void {
    while (log.entries.length > end) {
      const { key, publisher, n } = log.entries.pop()!
      log.indexByKey.delete(key)
      if (publisher !== '') log.numbers.set(publisher, n - 1)
    }
  }

  #append(
    server: ServerProcess,
    log: ShadowLog,
    { publisher, n, epoch, timestamp }: Omit<ShadowEntry, 'key'>,
    index: number,
  ): void {
    const key = publisher === '' ? `marker ${epoch}` : entryKey(publisher, n)
    const before = log.entries.at(-1)
    if (before !== undefined && before.timestamp >= timestamp) {
      this.#accuse('timestamps rise', `${server.id}: ${timestamp} at ${index} follows ${before.timestamp}`)
    }
    if (publisher !== '') {
      const expected = (log.numbers.get(publisher) ?? 0) + 1
      if (n !== expected)
        this.#accuse('no gap, no double in a log', `${server.id}: ${key} at ${index}, expected n ${expected}`)
      log.numbers.set(publisher, n)
    }
    const place = `${epoch} ${index}`
    const entry: ShadowEntry = { key, epoch, timestamp, publisher, n }
    const known = this.#written.get(place)
    if (known === undefined) this.#written.set(place, entry)
    else if (known.key !== key || known.timestamp !== timestamp) {
      const here = `${key} ${timestamp} at ${place}`
      this.#accuse('one epoch, one entry', `${server.id}: ${here}, elsewhere ${known.key} ${known.timestamp}`)
    }
    log.entries.push(entry)
    log.indexByKey.set(key, index)
  }
}
