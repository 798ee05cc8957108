/**
 * A second book-keeping of every server's log, read after each turn through `inspect()`. On the way it checks what
 * must hold for logs at any moment: the same epoch and index mean the same entry everywhere, every publisher's
 * numbers have no gap, timestamps rise. What a server has dropped, or never had because it began with a snapshot, is
 * filled in from what others held at that place.
 */
import { epochAt, type LogEntry, type RegisterBody } from '@jwp/protocol'
import type { Observer } from '../observers.js'
import type { ServerProcess } from '../processes/server-process.js'
import type { Accuse } from './violation.js'

interface ShadowEntry {
  readonly key: string
  readonly epoch: string
  readonly timestamp: number
  readonly publisher: string
  readonly n: number
  /** Of a `skip` entry: whose numbers up to which it accounts for. */
  readonly skips: readonly (readonly [string, number])[]
  /** Of an `expire` entry: the publisher that is forgotten, unless it went beyond this number. */
  readonly expires: readonly (readonly [string, number])[]
  readonly registers: RegisterBody | undefined
  readonly kind: LogEntry['kind']
  readonly body: Uint8Array
  readonly isActivity: boolean
}

export interface ShadowLog {
  readonly entries: ShadowEntry[]
  /** The first position of each: a publisher that was forgotten, and begins again at 1, sends the same once more. */
  readonly indexByKey: Map<string, number>
  readonly numbers: Map<string, number>
  /** By index of a `skip` or `expire` entry: the numbers before it. */
  readonly beforeJumps: Map<number, readonly (readonly [string, number])[]>
  applied: number
}

export const entryKey = (publisher: string, n: number): string => `${publisher}:${n}`

export class LogShadow implements Observer {
  readonly #logs = new Map<ServerProcess, ShadowLog>()
  /** What was seen at each (epoch, index), by any server or client. */
  readonly #written = new Map<string, ShadowEntry>()
  readonly #accuse: Accuse
  /** Applied entries that some server had to cut: harmless after a partition, telling otherwise. */
  cutApplied = 0
  /** Publishers forgotten, counted at every server. */
  forgotten = 0

  constructor(accuse: Accuse) {
    this.#accuse = accuse
  }

  of(server: ServerProcess): ShadowLog {
    let log = this.#logs.get(server)
    if (log === undefined) {
      this.#logs.set(
        server,
        (log = {
          entries: [],
          indexByKey: new Map(),
          numbers: new Map(),
          beforeJumps: new Map(),
          applied: 0,
        }),
      )
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
      else this.#append(server, log, 'skips' in entry ? entry : shadowOf(entry), index)
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
      for (const [other, before] of log.beforeJumps.get(log.entries.length) ?? [])
        log.numbers.set(other, before)
      log.beforeJumps.delete(log.entries.length)
      const { key, publisher, n } = log.entries.pop()!
      if (log.indexByKey.get(key) === log.entries.length + 1) log.indexByKey.delete(key)
      if (publisher !== '') log.numbers.set(publisher, n - 1)
    }
  }

  #append(server: ServerProcess, log: ShadowLog, entry: ShadowEntry, index: number): void {
    const { key, publisher, n, epoch, timestamp, skips, expires } = entry
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
    const jumps = skips.filter(([other, upTo]) => upTo > (log.numbers.get(other) ?? 0))
    if (jumps.length > 0) {
      log.beforeJumps.set(
        index,
        jumps.map(([other]) => [other, log.numbers.get(other) ?? 0] as const),
      )
    }
    for (const [other, upTo] of jumps) log.numbers.set(other, upTo)
    const forgotten = expires.filter(([other, last]) => log.numbers.get(other) === last)
    if (forgotten.length > 0) log.beforeJumps.set(index, forgotten)
    for (const [other] of forgotten) log.numbers.delete(other)
    this.forgotten += forgotten.length
    const place = `${epoch} ${index}`
    const known = this.#written.get(place)
    if (known === undefined) this.#written.set(place, entry)
    else if (known.key !== key || known.timestamp !== timestamp) {
      const here = `${key} ${timestamp} at ${place}`
      this.#accuse('one epoch, one entry', `${server.id}: ${here}, elsewhere ${known.key} ${known.timestamp}`)
    }
    log.entries.push(entry)
    if (!log.indexByKey.has(key)) log.indexByKey.set(key, index)
  }
}

function shadowOf({ publisher, n, epoch, timestamp, kind, body }: LogEntry): ShadowEntry {
  const key = publisher === '' ? `marker ${epoch}` : entryKey(publisher, n)
  // Names are ASCII in every world, and a checker has no platform.
  const text = (): string => String.fromCharCode(...body)
  const marks = (): [string, number][] => JSON.parse(text()) as [string, number][]
  const skips = kind === 'skip' ? marks() : []
  const expires = kind === 'expire' ? marks() : []
  const registers = kind === 'register' ? (JSON.parse(text()) as RegisterBody) : undefined
  const isActivity = kind === 'activity'
  return { key, epoch, timestamp, publisher, n, skips, expires, registers, kind, body, isActivity }
}

/**
 * All positions of each, rising. Only what a publisher sent again that was forgotten in between has more than one.
 */
export function positionsByKey(log: ShadowLog): Map<string, number[]> {
  const places = new Map<string, number[]>()
  log.entries.forEach(({ key }, k) => {
    const known = places.get(key)
    if (known === undefined) places.set(key, [k + 1])
    else known.push(k + 1)
  })
  return places
}

/** What the entry at `index` passes over, if it is one that does. */
export function skippedKeys(log: ShadowLog, index: number): string[] {
  const keys: string[] = []
  for (const [publisher, upTo] of log.entries[index - 1]?.skips ?? []) {
    const before = log.beforeJumps.get(index)?.find(([other]) => other === publisher)?.[1] ?? upTo
    for (let n = before + 1; n <= upTo; n++) keys.push(entryKey(publisher, n))
  }
  return keys
}
