/**
 * Entries as they are kept and carried: in runs. A run is entries of one publisher and one kind with rising numbers, whose
 * bodies lie back to back in one buffer.
 *
 * Most entries come many at a time from a few publishers. Whoever stores a run, passes it on or writes it to clients does so
 * once for all of its entries, with the bytes that came; an entry becomes an object of its own only where one is asked for.
 */
import type { EntryKind, LogEntry, PendingEntry } from './entry.js'
import type { Epoch, PublisherId, Timestamp } from './ids.js'

/** Entries on their way up: of one publisher, numbered `firstN`, `firstN + 1`… */
export class EntryRun {
  /**
   * @param bytes hold the bodies from `start` on, and perhaps more around them; nobody changes them any more
   * @param ends where each body ends in `bytes`, at least one
   * @param hadPlace they had their places in the log before, and were cut from it
   */
  constructor(
    readonly publisher: PublisherId,
    readonly kind: EntryKind,
    readonly firstN: number,
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly ends: Uint32Array,
    readonly hadPlace = false,
  ) {}

  static of({ publisher, n, kind, body }: PendingEntry): EntryRun {
    return new EntryRun(publisher, kind, n, body, 0, Uint32Array.of(body.length))
  }

  /** What is left of entries that are cut from the log. */
  static cut({ publisher, kind, firstN, bytes, start, ends }: LogRun): EntryRun {
    return new EntryRun(publisher, kind, firstN, bytes, start, ends, true)
  }

  /** @param bodies are copied, unless there is only one */
  static ofBodies(
    publisher: PublisherId,
    kind: EntryKind,
    firstN: number,
    bodies: readonly Uint8Array[],
  ): EntryRun {
    if (bodies.length === 1) return EntryRun.of({ publisher, n: firstN, kind, body: bodies[0]! })
    const ends = new Uint32Array(bodies.length)
    let end = 0
    for (let k = 0; k < bodies.length; k++) ends[k] = end += bodies[k]!.length
    const bytes = new Uint8Array(end)
    for (let k = 0; k < bodies.length; k++) bytes.set(bodies[k]!, k === 0 ? 0 : ends[k - 1]!)
    return new EntryRun(publisher, kind, firstN, bytes, 0, ends)
  }

  get count(): number {
    return this.ends.length
  }

  get lastN(): number {
    return this.firstN + this.ends.length - 1
  }

  /** Of all bodies together. */
  get byteLength(): number {
    return this.ends[this.ends.length - 1]! - this.start
  }

  /** All bodies, back to back. */
  get bodies(): Uint8Array {
    const end = this.ends[this.ends.length - 1]!
    return this.start === 0 && end === this.bytes.length ? this.bytes : this.bytes.subarray(this.start, end)
  }

  bodyStart(k: number): number {
    return k === 0 ? this.start : this.ends[k - 1]!
  }

  bodyAt(k: number): Uint8Array {
    return this.bytes.subarray(this.bodyStart(k), this.ends[k])
  }

  /** The entry at this place of the run, from 0 on. */
  pendingAt(k: number): PendingEntry {
    return { publisher: this.publisher, n: this.firstN + k, kind: this.kind, body: this.bodyAt(k) }
  }

  /** How many of the entries have numbers up to this one. */
  countUpTo(n: number): number {
    return Math.min(this.count, Math.max(0, n - this.firstN + 1))
  }

  /** The entries from place `from` up to before `to`. */
  slice(from: number, to = this.count): EntryRun {
    if (from === 0 && to === this.count) return this
    const { publisher, kind, firstN, bytes, ends, hadPlace } = this
    const start = this.bodyStart(from)
    return new EntryRun(publisher, kind, firstN + from, bytes, start, ends.subarray(from, to), hadPlace)
  }

  /** Up to before which place the entries from `from` on have no more than so many bytes together; one is always taken. */
  endWithin(from: number, maxBytes: number): number {
    const { ends } = this
    const limit = this.bodyStart(from) + maxBytes
    if (ends[ends.length - 1]! <= limit) return ends.length
    let [low, high] = [from + 1, ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ends[middle]! <= limit) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Entries in the log. Inside a run timestamps rise by one, and the epoch is the same. */
export class LogRun extends EntryRun {
  constructor(
    publisher: PublisherId,
    kind: EntryKind,
    firstN: number,
    bytes: Uint8Array,
    start: number,
    ends: Uint32Array,
    readonly epoch: Epoch,
    readonly firstTimestamp: Timestamp,
  ) {
    super(publisher, kind, firstN, bytes, start, ends)
  }

  static override of(entry: LogEntry): LogRun {
    return LogRun.ordered(EntryRun.of(entry), entry.epoch, entry.timestamp)
  }

  /** Entries that have got their place. */
  static ordered(run: EntryRun, epoch: Epoch, firstTimestamp: Timestamp): LogRun {
    const { publisher, kind, firstN, bytes, start, ends } = run
    return new LogRun(publisher, kind, firstN, bytes, start, ends, epoch, firstTimestamp)
  }

  get lastTimestamp(): Timestamp {
    return this.firstTimestamp + this.count - 1
  }

  entryAt(k: number): LogEntry {
    return {
      publisher: this.publisher,
      n: this.firstN + k,
      kind: this.kind,
      body: this.bodyAt(k),
      epoch: this.epoch,
      timestamp: this.firstTimestamp + k,
    }
  }

  override slice(from: number, to = this.count): LogRun {
    if (from === 0 && to === this.count) return this
    return LogRun.ordered(super.slice(from, to), this.epoch, this.firstTimestamp + from)
  }
}

/** How many entries these runs have together. */
export function countOf(runs: readonly EntryRun[]): number {
  let count = 0
  for (const run of runs) count += run.count
  return count
}

/** How many bytes their bodies have together. */
export function bytesOf(runs: readonly EntryRun[]): number {
  let bytes = 0
  for (const run of runs) bytes += run.byteLength
  return bytes
}

export function pendingIn(runs: readonly EntryRun[]): PendingEntry[] {
  return runs.flatMap((run) => Array.from(run.ends, (_end, k) => run.pendingAt(k)))
}

export function entriesIn(runs: readonly LogRun[]): LogEntry[] {
  return runs.flatMap((run) => Array.from(run.ends, (_end, k) => run.entryAt(k)))
}

/** Runs as long as they can be. */
export function pendingRuns(entries: readonly PendingEntry[]): EntryRun[] {
  return groupRuns(entries.map((entry) => EntryRun.of(entry))).map(joined)
}

/** Runs as long as they can be. */
export function logRuns(entries: readonly LogEntry[]): LogRun[] {
  const groups = groupRuns(
    entries.map((entry) => LogRun.of(entry)),
    placesContinue,
  )
  return groups.map((group) => LogRun.ordered(joined(group), group[0]!.epoch, group[0]!.firstTimestamp))
}

/**
 * Those that continue one another together: of one publisher and one kind, with numbers that go on.
 * @param alsoContinue what must hold of one and the next beside that
 */
export function groupRuns<Run extends EntryRun>(
  runs: readonly Run[],
  alsoContinue: (before: Run, run: Run) => boolean = () => true,
): Run[][] {
  const groups: Run[][] = []
  let before: Run | undefined
  for (const run of runs) {
    const isNext =
      before !== undefined &&
      before.publisher === run.publisher &&
      before.kind === run.kind &&
      before.lastN + 1 === run.firstN &&
      alsoContinue(before, run)
    if (isNext) groups.at(-1)!.push(run)
    else groups.push([run])
    before = run
  }
  return groups
}

/** For `groupRuns` of a log: the same epoch, and timestamps that go on. */
export function placesContinue(before: LogRun, run: LogRun): boolean {
  return before.epoch === run.epoch && before.lastTimestamp + 1 === run.firstTimestamp
}

/** Runs of one entry each. */
function joined(group: readonly EntryRun[]): EntryRun {
  const { publisher, kind, firstN } = group[0]!
  return EntryRun.ofBodies(
    publisher,
    kind,
    firstN,
    group.map(({ bodies }) => bodies),
  )
}
