/**
 * Runs of entries as bytes, on the wire and on disk: what the entries of each run have in common, the lengths of all bodies, and the
 * bodies back to back. Unpacking makes views into the bytes that came; no body is looked into, and none is copied.
 *
 * Runs that continue one another are joined as they are packed: what was published bit by bit travels and is kept as one.
 *
 * Layout: number of entries (u32), of runs (u32), of names (u16); the names; the runs; one length (u32) for each entry; the
 * bodies, up to the end. A run: place of its publisher among the names (u16), kind (u8), flags (u8), place of its topic (u16),
 * first number (f64), how many (u32); in the log also the place of its epoch (u16) and its first timestamp (f64).
 */
import { ByteReader, MalformedBytes } from './byte-reader.js'
import { ByteWriter, textBytes } from './byte-writer.js'
import { entryKinds, noPublisher } from './entry.js'
import { countOf, EntryRun, groupRuns, LogRun, placesContinue } from './entry-run.js'
import type { Epoch, PublisherId } from './ids.js'

const headBytes = 10
const runBytes = 18
const placeBytes = 10
const lengthBytes = 4
/** There are no topics and no flags yet: a block that names some is refused. */
const noTopic = 0xffff
const noFlags = 0
/** Names have places below the one that stands for none. */
const maxNames = 0xffff
/** Of a name: a publisher's or an epoch's. */
const maxNameLength = 352
const maxPublisherLength = 320

/** The parts of a block: its head, and bodies. */
export function packPending(runs: readonly EntryRun[]): readonly Uint8Array[] {
  const groups = groupRuns(runs)
  const names = new Names()
  for (const [first] of groups) names.add(first!.publisher)
  const writer = begin(runs, groups.length, names, runBytes)
  for (const group of groups) writeRun(writer, group, names)
  return finish(writer, runs)
}

/** The parts of a block: its head, and bodies. */
export function packLog(runs: readonly LogRun[]): readonly Uint8Array[] {
  const groups = groupRuns(runs, placesContinue)
  const names = new Names()
  for (const [first] of groups) {
    names.add(first!.publisher)
    names.add(first!.epoch)
  }
  const writer = begin(runs, groups.length, names, runBytes + placeBytes)
  for (const group of groups) {
    writeRun(writer, group, names)
    const { epoch, firstTimestamp } = group[0]!
    writer.u16(names.placeOf(epoch)).number(firstTimestamp)
  }
  return finish(writer, runs)
}

/** @throws MalformedBytes when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackPending(bytes: Uint8Array, maxEntries = Infinity): EntryRun[] {
  const block = new BlockReader(bytes, maxEntries)
  const heads = block.readRuns((head) => head)
  return block.withBodies(heads, ({ publisher, kind, firstN }, bodies, start, ends) => {
    if (kind === 'marker') throw new MalformedBytes('a marker on its way up')
    return new EntryRun(publisher, kind, firstN, bodies, start, ends)
  })
}

/** @throws MalformedBytes when counts, lengths or kinds do not fit together, or there are more than `maxEntries`. */
export function unpackLog(bytes: Uint8Array, maxEntries = Infinity): LogRun[] {
  const block = new BlockReader(bytes, maxEntries)
  const heads = block.readRuns((head, reader) => {
    const epoch = block.nameAt(reader.u16()) as Epoch
    const firstTimestamp = reader.count()
    if (!Number.isSafeInteger(firstTimestamp + head.count)) throw new MalformedBytes('bad timestamps')
    return { ...head, epoch, firstTimestamp }
  })
  return block.withBodies(
    heads,
    ({ publisher, kind, firstN, epoch, firstTimestamp }, bodies, start, ends) =>
      new LogRun(publisher, kind, firstN, bodies, start, ends, epoch, firstTimestamp),
  )
}

/** Each name is written once. */
class Names {
  readonly #places = new Map<string, number>()

  get size(): number {
    return this.#places.size
  }

  get byteLength(): number {
    let bytes = 0
    for (const name of this.#places.keys()) bytes += textBytes(name)
    return bytes
  }

  add(name: string): void {
    if (!this.#places.has(name)) this.#places.set(name, this.#places.size)
  }

  placeOf(name: string): number {
    return this.#places.get(name)!
  }

  all(): Iterable<string> {
    return this.#places.keys()
  }
}

function begin(runs: readonly EntryRun[], groups: number, names: Names, bytesPerRun: number): ByteWriter {
  const entries = countOf(runs)
  if (names.size > maxNames) throw new RangeError(`${names.size} names in one block`)
  const writer = new ByteWriter(headBytes + names.byteLength + groups * bytesPerRun + entries * lengthBytes)
  writer.u32(entries).u32(groups).u16(names.size)
  for (const name of names.all()) writer.text(name)
  return writer
}

/** @param group runs that travel as one */
function writeRun(writer: ByteWriter, group: readonly EntryRun[], names: Names): void {
  const { publisher, kind, firstN } = group[0]!
  writer.u16(names.placeOf(publisher)).u8(entryKinds.indexOf(kind)).u8(noFlags).u16(noTopic)
  writer.number(firstN).u32(countOf(group))
}

function finish(writer: ByteWriter, runs: readonly EntryRun[]): Uint8Array[] {
  const parts = [writer.bytes]
  for (const run of runs) {
    let start = run.start
    for (const end of run.ends) {
      writer.u32(end - start)
      start = end
    }
    parts.push(run.bodies)
  }
  return parts
}

interface RunHead {
  readonly publisher: PublisherId
  readonly kind: EntryRun['kind']
  readonly firstN: number
  readonly count: number
}

class BlockReader {
  readonly #reader: ByteReader
  readonly #entries: number
  readonly #runs: number
  readonly #names: string[] = []

  /** Counts before anything is allocated by them. */
  constructor(bytes: Uint8Array, maxEntries: number) {
    this.#reader = new ByteReader(bytes)
    this.#entries = this.#reader.u32()
    this.#runs = this.#reader.u32()
    if (this.#entries > maxEntries || this.#runs > this.#entries) throw new MalformedBytes('too many entries')
    if (this.#entries * lengthBytes > bytes.length) throw new MalformedBytes('fewer bytes than they announce')
    const names = this.#reader.u16()
    for (let k = 0; k < names; k++) this.#names.push(this.#reader.text(maxNameLength))
  }

  nameAt(place: number): string {
    const name = this.#names[place]
    if (name === undefined) throw new MalformedBytes('a name that is not there')
    return name
  }

  readRuns<Head extends RunHead>(complete: (head: RunHead, reader: ByteReader) => Head): Head[] {
    const heads: Head[] = []
    let covered = 0
    for (let k = 0; k < this.#runs; k++) {
      const head = complete(this.#readHead(), this.#reader)
      heads.push(head)
      covered += head.count
    }
    if (covered !== this.#entries) throw new MalformedBytes('runs do not cover the entries')
    return heads
  }

  withBodies<Head extends RunHead, Run>(
    heads: readonly Head[],
    make: (head: Head, bodies: Uint8Array, start: number, ends: Uint32Array) => Run,
  ): Run[] {
    const ends = new Uint32Array(this.#entries)
    let end = 0
    // As numbers, which do not wrap around: the sum is compared before it is used.
    for (let k = 0; k < ends.length; k++) ends[k] = end += this.#reader.u32()
    const bodies = this.#reader.rest()
    if (end !== bodies.length) throw new MalformedBytes('lengths do not cover the bodies')
    let at = 0
    return heads.map((head) => {
      const from = at
      at += head.count
      return make(head, bodies, from === 0 ? 0 : ends[from - 1]!, ends.subarray(from, at))
    })
  }

  #readHead(): RunHead {
    const publisher = this.nameAt(this.#reader.u16()) as PublisherId
    if (publisher.length > maxPublisherLength) throw new MalformedBytes('bad publisher')
    const kind = entryKinds[this.#reader.u8()]
    const flags = this.#reader.u8()
    const topic = this.#reader.u16()
    const firstN = this.#reader.count()
    const count = this.#reader.u32()
    if (kind === undefined || count === 0 || !Number.isSafeInteger(firstN + count))
      throw new MalformedBytes('bad run')
    const isMarker = kind === 'marker'
    if (isMarker !== (publisher === noPublisher) || (!isMarker && firstN === 0))
      throw new MalformedBytes('an entry without a publisher or a number')
    if (flags !== noFlags || topic !== noTopic)
      throw new MalformedBytes('a topic or flags, of which we know none')
    return { publisher, kind, firstN, count }
  }
}
