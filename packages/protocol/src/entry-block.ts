/**
 * Entries on the wire, in columns.
 *
 * The problem: a frame carries hundreds of entries, most from a few publishers with rising numbers and
 * timestamps; packing each as a record of its own costs more than carrying it. So a block holds all bodies
 * back to back, their lengths, and runs: (publisher, kind, first n, count), (epoch, count),
 * (first timestamp, count). Unpacking makes views into the one received buffer; no body is copied or parsed.
 */
import type { Epoch, PublisherId, Timestamp } from './ids.js'
import { entryKinds, type LogEntry, type PendingEntry } from './entry.js'

export interface PendingBlock {
  /** `[publisher, kind number, first n, count]` */
  readonly runs: readonly (readonly [PublisherId, number, number, number])[]
  /** One body length per entry. */
  readonly lengths: readonly number[]
  readonly bodies: Uint8Array
}

export interface LogBlock extends PendingBlock {
  /** `[epoch, count]` */
  readonly epochs: readonly (readonly [Epoch, number])[]
  /** `[first timestamp, count]`, each run rising by one. */
  readonly timestamps: readonly (readonly [Timestamp, number])[]
}

/** A block from a peer does not describe its own bytes. */
export class MalformedBlock extends Error {}

type Mutable<Row extends readonly unknown[]> = { -readonly [K in keyof Row]: Row[K] }

export function packPending(entries: readonly PendingEntry[]): PendingBlock {
  const runs: Mutable<PendingBlock['runs'][number]>[] = []
  const lengths = new Array<number>(entries.length)
  let run: Mutable<PendingBlock['runs'][number]> | undefined
  let total = 0
  for (let i = 0; i < entries.length; i++) {
    const { publisher, n, kind, body } = entries[i]!
    const kindNumber = entryKinds.indexOf(kind)
    if (run !== undefined && run[0] === publisher && run[1] === kindNumber && run[2] + run[3] === n) run[3]++
    else runs.push((run = [publisher, kindNumber, n, 1]))
    lengths[i] = body.length
    total += body.length
  }
  const bodies = new Uint8Array(total)
  let at = 0
  for (const { body } of entries) {
    bodies.set(body, at)
    at += body.length
  }
  return { runs, lengths, bodies }
}

export function packLog(entries: readonly LogEntry[]): LogBlock {
  const epochs: [Epoch, number][] = []
  const timestamps: [Timestamp, number][] = []
  let epochRun: [Epoch, number] | undefined
  let timeRun: [Timestamp, number] | undefined
  for (const { epoch, timestamp } of entries) {
    if (epochRun !== undefined && epochRun[0] === epoch) epochRun[1]++
    else epochs.push((epochRun = [epoch, 1]))
    if (timeRun !== undefined && timeRun[0] + timeRun[1] === timestamp) timeRun[1]++
    else timestamps.push((timeRun = [timestamp, 1]))
  }
  return { ...packPending(entries), epochs, timestamps }
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together. */
export function unpackPending(block: PendingBlock): PendingEntry[] {
  const { runs, lengths, bodies } = checked(block)
  const entries: PendingEntry[] = []
  let at = 0
  for (const [publisher, kindNumber, firstN, count] of runs) {
    const kind = entryKinds[kindNumber]!
    for (let k = 0; k < count; k++) {
      const end = at + lengths[entries.length]!
      entries.push({ publisher, n: firstN + k, kind, body: bodies.subarray(at, end) })
      at = end
    }
  }
  return entries
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together. */
export function unpackLog(block: LogBlock): LogEntry[] {
  const pending = unpackPending(block)
  const entries = new Array<LogEntry>(pending.length)
  const epochs = runReader(block.epochs, pending.length)
  const timestamps = runReader(block.timestamps, pending.length)
  for (let i = 0; i < pending.length; i++) {
    const { publisher, n, kind, body } = pending[i]!
    const [epoch] = epochs()
    const [first, offset] = timestamps()
    entries[i] = { publisher, n, kind, body, epoch, timestamp: first + offset }
  }
  return entries
}

/** Reads runs one item at a time: the run's value and the offset inside it. */
function runReader<Value>(
  runs: readonly (readonly [Value, number])[],
  expected: number,
): () => [Value, number] {
  if (!Array.isArray(runs) || sum(runs.map((run) => run[1])) !== expected)
    throw new MalformedBlock('runs do not cover the entries')
  let row = 0
  let offset = 0
  return () => {
    while (offset >= runs[row]![1]) {
      row++
      offset = 0
    }
    return [runs[row]![0], offset++]
  }
}

function checked(block: PendingBlock): PendingBlock {
  const { runs, lengths, bodies } = block
  if (!Array.isArray(runs) || !Array.isArray(lengths) || !(bodies instanceof Uint8Array))
    throw new MalformedBlock('not a block')
  for (const run of runs) {
    if (!Array.isArray(run) || typeof run[0] !== 'string' || entryKinds[run[1] as number] === undefined)
      throw new MalformedBlock('bad run')
    if (!isCount(run[2]) || !isCount(run[3])) throw new MalformedBlock('bad run')
  }
  if (!lengths.every(isCount) || sum(lengths) !== bodies.length)
    throw new MalformedBlock('lengths do not cover the bodies')
  if (sum(runs.map((run) => run[3])) !== lengths.length)
    throw new MalformedBlock('runs do not cover the entries')
  return block
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
