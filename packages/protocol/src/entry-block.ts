/**
 * Entries on the wire, in columns.
 *
 * The problem: a frame carries hundreds of entries, most from a few publishers with rising numbers and
 * timestamps; packing each as a record of its own costs more than carrying it. So a block holds all bodies
 * back to back, their lengths, and runs: (publisher, kind, first n, count), (epoch, count),
 * (first timestamp, count). Unpacking makes views into the one received buffer; no body is copied or parsed.
 */
import type { Epoch, PublisherId, Timestamp } from './ids.js'
import { entryKinds, noPublisher, type LogEntry, type PendingEntry } from './entry.js'

/** `[publisher, kind number, first n, count]` */
type PublisherRun = [PublisherId, number, number, number]
/** `[value, count]` */
type Run<Value> = [Value, number]

export interface PendingBlock {
  readonly runs: readonly Readonly<PublisherRun>[]
  /** One body length per entry. */
  readonly lengths: readonly number[]
  readonly bodies: Uint8Array
}

export interface LogBlock extends PendingBlock {
  readonly epochs: readonly Readonly<Run<Epoch>>[]
  /** First timestamp of each run; inside it they rise by one. */
  readonly timestamps: readonly Readonly<Run<Timestamp>>[]
}

/** A block from a peer does not describe its own bytes. */
export class MalformedBlock extends Error {}

export function packPending(entries: readonly PendingEntry[]): PendingBlock {
  const runs: PublisherRun[] = []
  const lengths: number[] = []
  let run: PublisherRun | undefined
  let total = 0
  for (const { publisher, n, kind, body } of entries) {
    const kindNumber = entryKinds.indexOf(kind)
    if (run !== undefined && run[0] === publisher && run[1] === kindNumber && run[2] + run[3] === n) run[3]++
    else runs.push((run = [publisher, kindNumber, n, 1]))
    lengths.push(body.length)
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
  const epochs: Run<Epoch>[] = []
  const timestamps: Run<Timestamp>[] = []
  let epochRun: Run<Epoch> | undefined
  let timeRun: Run<Timestamp> | undefined
  for (const { epoch, timestamp } of entries) {
    if (epochRun !== undefined && epochRun[0] === epoch) epochRun[1]++
    else epochs.push((epochRun = [epoch, 1]))
    if (timeRun !== undefined && timeRun[0] + timeRun[1] === timestamp) timeRun[1]++
    else timestamps.push((timeRun = [timestamp, 1]))
  }
  return { ...packPending(entries), epochs, timestamps }
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackPending(block: unknown, maxEntries = Infinity): PendingEntry[] {
  const { runs, lengths, bodies } = checkedBlock(block, maxEntries)
  const bytes = plain(bodies)
  const entries: PendingEntry[] = []
  let at = 0
  for (const [publisher, kindNumber, firstN, count] of runs) {
    const kind = entryKinds[kindNumber]!
    if (kind === 'marker') throw new MalformedBlock('a marker on its way up')
    for (let n = firstN; n < firstN + count; n++) {
      const end = at + lengths[entries.length]!
      entries.push({ publisher, n, kind, body: bytes.subarray(at, end) })
      at = end
    }
  }
  return entries
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackLog(block: unknown, maxEntries = Infinity): LogEntry[] {
  const { runs, lengths, bodies } = checkedBlock(block, maxEntries)
  const { epochs, timestamps } = block as Partial<Record<keyof LogBlock, unknown>>
  const epochRuns = checkedRuns<Epoch>(epochs, lengths.length, isEpoch)
  const timeRuns = checkedRuns<Timestamp>(timestamps, lengths.length, isRisingFrom)
  const bytes = plain(bodies)
  const entries: LogEntry[] = []
  let at = 0
  let epochRun = -1
  let epochEnd = 0
  let timeRun = -1
  let timeEnd = 0
  /** Timestamp minus place in the block, for the entries of one run. */
  let timeBase = 0
  for (const [publisher, kindNumber, firstN, count] of runs) {
    const kind = entryKinds[kindNumber]!
    for (let n = firstN; n < firstN + count; n++) {
      const i = entries.length
      while (i >= epochEnd) epochEnd += epochRuns[++epochRun]![1]
      while (i >= timeEnd) {
        const [first, inRun] = timeRuns[++timeRun]!
        timeBase = first - timeEnd
        timeEnd += inRun
      }
      const end = at + lengths[i]!
      const body = bytes.subarray(at, end)
      entries.push({ publisher, n, kind, body, epoch: epochRuns[epochRun]![0], timestamp: timeBase + i })
      at = end
    }
  }
  return entries
}

function checkedRuns<Value>(
  runs: unknown,
  expected: number,
  isRun: (value: unknown, count: number) => boolean,
): readonly Readonly<Run<Value>>[] {
  if (!Array.isArray(runs) || runs.length > expected)
    throw new MalformedBlock('runs do not cover the entries')
  let covered = 0
  for (const run of runs as readonly unknown[]) {
    if (!Array.isArray(run) || !isCount(run[1]) || !isRun(run[0], run[1])) throw new MalformedBlock('bad run')
    covered += run[1]
  }
  if (covered !== expected) throw new MalformedBlock('runs do not cover the entries')
  return runs as readonly Readonly<Run<Value>>[]
}

/** Counts before anything is allocated by them. */
function checkedBlock(block: unknown, maxEntries: number): PendingBlock {
  const { runs, lengths, bodies } = (block ?? {}) as Partial<Record<keyof PendingBlock, unknown>>
  if (!Array.isArray(runs) || !Array.isArray(lengths) || !(bodies instanceof Uint8Array))
    throw new MalformedBlock('not a block')
  if (lengths.length > maxEntries || runs.length > lengths.length)
    throw new MalformedBlock('too many entries')
  let covered = 0
  for (const run of runs as readonly unknown[]) covered += checkedCount(run)
  if (covered !== lengths.length) throw new MalformedBlock('runs do not cover the entries')
  let bytes = 0
  for (const length of lengths as readonly unknown[]) {
    if (!isCount(length)) throw new MalformedBlock('bad length')
    bytes += length
  }
  if (bytes !== bodies.length) throw new MalformedBlock('lengths do not cover the bodies')
  return block as PendingBlock
}

/** How many entries a run of publishers covers. */
function checkedCount(run: unknown): number {
  if (!Array.isArray(run)) throw new MalformedBlock('bad run')
  const [publisher, kindNumber, firstN, count] = run as unknown[]
  if (typeof publisher !== 'string' || publisher.length > maxPublisherLength)
    throw new MalformedBlock('bad publisher')
  const kind = isCount(kindNumber) ? entryKinds[kindNumber] : undefined
  if (kind === undefined || !isCount(count) || !isRisingFrom(firstN, count))
    throw new MalformedBlock('bad run')
  const isMarker = kind === 'marker'
  if (isMarker !== (publisher === noPublisher) || (!isMarker && firstN === 0))
    throw new MalformedBlock('an entry without a publisher or a number')
  return count
}

const maxPublisherLength = 320
const maxEpochLength = 352

function isEpoch(value: unknown): boolean {
  return typeof value === 'string' && value.length <= maxEpochLength
}

/** Whole, and so are all `count` numbers from it. */
function isRisingFrom(first: unknown, count: number): boolean {
  return isCount(first) && isCount(first + count)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Views into a Buffer are Buffers, which are slower to make. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
