/**
 * Runs of entries on the wire and on disk, in columns: all bodies back to back, their lengths, and what the entries of each run
 * have in common. Unpacking makes views into the one received buffer; no body is looked into, and none is copied.
 *
 * Runs that continue one another are joined as they are packed: what was published bit by bit travels and is kept as one.
 */
import { entryKinds, noPublisher } from './entry.js'
import { bytesOf, countOf, EntryRun, LogRun } from './entry-run.js'
import type { Epoch, PublisherId, Timestamp } from './ids.js'

/** `[publisher, kind number, first n, count, topic, flags]`. There are no topics and no flags yet: '' and 0. */
export type PackedRun = readonly [PublisherId, number, number, number, string, number]
/** `[place in epochs, first timestamp]` of the run at the same place. */
export type PackedPlace = readonly [number, Timestamp]

export interface PendingBlock {
  readonly runs: readonly PackedRun[]
  /** The length of each body in bytes, as 32 bits each, the lowest byte first. */
  readonly lengths: Uint8Array
  readonly bodies: Uint8Array
}

export interface LogBlock extends PendingBlock {
  readonly epochs: readonly Epoch[]
  readonly places: readonly PackedPlace[]
}

/** A block from a peer does not describe its own bytes. */
export class MalformedBlock extends Error {}

const bytesPerLength = 4

export function packPending(runs: readonly EntryRun[]): PendingBlock {
  return pack(runs, () => true).block
}

export function packLog(runs: readonly LogRun[]): LogBlock {
  const { block, firsts } = pack(
    runs,
    (before, run) => before.epoch === run.epoch && before.lastTimestamp + 1 === run.firstTimestamp,
  )
  const epochs: Epoch[] = []
  const places = firsts.map(({ epoch, firstTimestamp }): PackedPlace => {
    if (epochs.at(-1) !== epoch) epochs.push(epoch)
    return [epochs.length - 1, firstTimestamp]
  })
  return { ...block, epochs, places }
}

/** @param continues whether a run of the same publisher and kind, with the next number, belongs to the one before */
function pack<Run extends EntryRun>(
  runs: readonly Run[],
  continues: (before: Run, run: Run) => boolean,
): { block: PendingBlock; firsts: Run[] } {
  const packed: [PublisherId, number, number, number, string, number][] = []
  const firsts: Run[] = []
  const lengths = new Uint8Array(bytesPerLength * countOf(runs))
  const bodies = new Uint8Array(bytesOf(runs))
  let at = 0
  let bodyAt = 0
  let before: Run | undefined
  for (const run of runs) {
    const { publisher, kind, firstN, ends } = run
    const isNext =
      before !== undefined &&
      before.publisher === publisher &&
      before.kind === kind &&
      before.lastN + 1 === firstN &&
      continues(before, run)
    if (isNext) packed.at(-1)![3] += ends.length
    else {
      packed.push([publisher, entryKinds.indexOf(kind), firstN, ends.length, '', 0])
      firsts.push(run)
    }
    before = run
    let start = run.start
    for (let k = 0; k < ends.length; k++) {
      const length = ends[k]! - start
      lengths[at++] = length
      lengths[at++] = length >>> 8
      lengths[at++] = length >>> 16
      lengths[at++] = length >>> 24
      start = ends[k]!
    }
    bodies.set(run.bodies, bodyAt)
    bodyAt += run.byteLength
  }
  return { block: { runs: packed, lengths, bodies }, firsts }
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackPending(block: unknown, maxEntries = Infinity): EntryRun[] {
  const { runs, bodies, ends } = checkedBlock(block, maxEntries)
  let at = 0
  return runs.map(([publisher, kindNumber, firstN, count]) => {
    const kind = entryKinds[kindNumber]!
    if (kind === 'marker') throw new MalformedBlock('a marker on its way up')
    const start = at === 0 ? 0 : ends[at - 1]!
    const run = new EntryRun(publisher, kind, firstN, bodies, start, ends.subarray(at, at + count))
    at += count
    return run
  })
}

/** @throws MalformedBlock when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackLog(block: unknown, maxEntries = Infinity): LogRun[] {
  const { runs, bodies, ends } = checkedBlock(block, maxEntries)
  const { epochs, places } = block as Partial<Record<keyof LogBlock, unknown>>
  if (!Array.isArray(epochs) || !epochs.every(isEpoch)) throw new MalformedBlock('bad epoch')
  if (!Array.isArray(places) || places.length !== runs.length)
    throw new MalformedBlock('places do not cover the runs')
  let at = 0
  return runs.map(([publisher, kindNumber, firstN, count], k) => {
    const [epoch, firstTimestamp] = checkedPlace((places as readonly unknown[])[k], epochs, count)
    const start = at === 0 ? 0 : ends[at - 1]!
    const own = ends.subarray(at, at + count)
    at += count
    return new LogRun(publisher, entryKinds[kindNumber]!, firstN, bodies, start, own, epoch, firstTimestamp)
  })
}

function checkedPlace(place: unknown, epochs: readonly Epoch[], count: number): readonly [Epoch, Timestamp] {
  if (!Array.isArray(place)) throw new MalformedBlock('bad place')
  const [which, first] = place as unknown[]
  const epoch = isCount(which) ? epochs[which] : undefined
  if (epoch === undefined || !isRisingFrom(first, count)) throw new MalformedBlock('bad place')
  return [epoch, first as Timestamp]
}

/** Counts before anything is allocated by them. */
function checkedBlock(
  block: unknown,
  maxEntries: number,
): { runs: readonly PackedRun[]; bodies: Uint8Array; ends: Uint32Array } {
  const { runs, lengths, bodies } = (block ?? {}) as Partial<Record<keyof PendingBlock, unknown>>
  if (!Array.isArray(runs) || !(lengths instanceof Uint8Array) || !(bodies instanceof Uint8Array))
    throw new MalformedBlock('not a block')
  const entries = lengths.length / bytesPerLength
  if (!Number.isInteger(entries)) throw new MalformedBlock('bad lengths')
  if (entries > maxEntries || runs.length > entries) throw new MalformedBlock('too many entries')
  let covered = 0
  for (const run of runs as readonly unknown[]) covered += checkedCount(run)
  if (covered !== entries) throw new MalformedBlock('runs do not cover the entries')
  return { runs: runs as readonly PackedRun[], bodies: plain(bodies), ends: endsOf(lengths, bodies.length) }
}

function endsOf(lengths: Uint8Array, total: number): Uint32Array {
  const ends = new Uint32Array(lengths.length / bytesPerLength)
  let end = 0
  for (let k = 0, at = 0; k < ends.length; k++, at += bytesPerLength) {
    const high = lengths[at + 2]! | (lengths[at + 3]! << 8)
    end += lengths[at]! | (lengths[at + 1]! << 8) | (high << 16)
    // Before it can wrap around: a length of more than 31 bits is below zero here.
    if (end > total || high >= 0x8000) throw new MalformedBlock('lengths do not cover the bodies')
    ends[k] = end
  }
  if (end !== total) throw new MalformedBlock('lengths do not cover the bodies')
  return ends
}

/** How many entries a run covers. */
function checkedCount(run: unknown): number {
  if (!Array.isArray(run)) throw new MalformedBlock('bad run')
  const [publisher, kindNumber, firstN, count, topic, flags] = run as unknown[]
  if (typeof publisher !== 'string' || publisher.length > maxPublisherLength)
    throw new MalformedBlock('bad publisher')
  const kind = isCount(kindNumber) ? entryKinds[kindNumber] : undefined
  if (kind === undefined || !isCount(count) || count === 0 || !isRisingFrom(firstN, count))
    throw new MalformedBlock('bad run')
  const isMarker = kind === 'marker'
  if (isMarker !== (publisher === noPublisher) || (!isMarker && firstN === 0))
    throw new MalformedBlock('an entry without a publisher or a number')
  if (topic !== '' || flags !== 0) throw new MalformedBlock('a topic or flags, of which we know none')
  return count
}

const maxPublisherLength = 320
const maxEpochLength = 352

function isEpoch(value: unknown): value is Epoch {
  return typeof value === 'string' && value.length <= maxEpochLength
}

/** Whole, and so are all `count` numbers from it. */
function isRisingFrom(first: unknown, count: number): first is number {
  return isCount(first) && isCount(first + count)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Views into a Buffer are Buffers, which are slower to make. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
