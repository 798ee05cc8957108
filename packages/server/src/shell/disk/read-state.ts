/**
 * What a data folder holds, read back and checked before anything is written. The core checks whether the entries make
 * a log.
 */
import type { LogEntry, LogIndex, PendingEntry, PublisherId, PublisherMark } from '@jwp/protocol'
import {
  MalformedBlock,
  MalformedMessage,
  addressFromWire,
  asEpoch,
  asPublisherId,
  count,
  homeRowShape,
  lineageEnd,
  list,
  maxRememberedOthers,
  pair,
  presenceRowShape,
  record,
  text,
  unpackLog,
  unpackPending,
  type Address,
  type PresenceTable,
} from '@jwp/protocol'
import type { StoredBase, StoredState } from '@jwp/server/core'
import type { StoredShape } from './change-writer.js'
import { LogBlocks } from './log-blocks.js'
import { OtherBlocks } from './other-blocks.js'
import { QueueBlocks, type NumberRun } from './queue-blocks.js'
import { DamagedData, decodeRecord } from './record.js'
import type { FactName, Tables } from './tables.js'

export interface FolderContents {
  /** Undefined: nothing was stored yet. */
  readonly state: StoredState | undefined
  readonly shape: StoredShape
  readonly contacts: readonly Address[]
}

const name = text(1_024)
const baseFact = record({
  index: count,
  lineage: list(pair(name, count), 1_000_000),
  lastTimestamp: count,
})
const userRecord = record({ username: name, salt: name, verifier: name })

/** @throws DamagedData */
export function readContents(tables: Tables): FolderContents {
  try {
    const others = readOthers(tables)
    const base = readBase(tables, others.places)
    const end = fact(tables, 'end', count) ?? base.index
    const { entries, firsts } = readLog(tables, base, end)
    const queue = readQueue(tables)
    const state: StoredState = {
      base,
      entries,
      commit: fact(tables, 'commit', count) ?? 0,
      highestEpochNumber: fact(tables, 'epoch', count) ?? 0,
      queue: queue.entries,
      cursors: numbersOf(tables.cursors),
    }
    const { commit, highestEpochNumber, cursors } = state
    const isNew = end === 0 && commit + highestEpochNumber + cursors.length + state.queue.length === 0
    return {
      state: isNew ? undefined : state,
      shape: {
        log: new LogBlocks(tables, firsts, end),
        queue: queue.blocks,
        others: others.blocks,
        users: new Set(base.users.map((user) => user.username)),
      },
      contacts: fact(tables, 'contacts', list(addressFromWire, 10_000)) ?? [],
    }
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof MalformedBlock)
      throw new DamagedData(error.message)
    throw error
  }
}

/** @throws DamagedData */
export function fact<Value>(
  { facts }: Tables,
  name: FactName,
  check: (value: unknown, where: string) => Value,
): Value | undefined {
  const stored = facts.get(name)
  return stored === undefined ? undefined : check(decodeRecord(stored, name), name)
}

function readOthers(tables: Tables): { places: LogIndex[]; blocks: OtherBlocks } {
  const places: LogIndex[] = []
  const blocks: (readonly [LogIndex, number])[] = []
  for (const { key, value } of tables.others.getRange({})) {
    const what = `the block of other places at ${key}`
    const block = list(count, Infinity)(decodeRecord(value, what), what)
    for (const place of block) places.push(place)
    blocks.push([key, block.length])
  }
  return { places: places.slice(-maxRememberedOthers), blocks: new OtherBlocks(tables, blocks) }
}

function readBase(tables: Tables, others: readonly LogIndex[]): StoredBase {
  const { index, lineage, lastTimestamp } = fact(tables, 'base', baseFact) ?? {
    index: 0,
    lineage: [],
    lastTimestamp: 0,
  }
  const epochs = lineage.map(([epoch, last]) => [asEpoch(epoch), last] as const)
  if (lineageEnd(epochs) !== index) throw new DamagedData('the lineage ends elsewhere than the base')
  const users = [...tables.users.getRange({})].map(({ key, value }) =>
    userRecord(decodeRecord(value, `user ${key}`), 'user'),
  )
  const marks = numbersOf(tables.marks)
  return { index, lineage: epochs, lastTimestamp, marks, others, users, presence: readPresence(tables) }
}

function readPresence(tables: Tables): PresenceTable {
  const users: PresenceTable['users'][number][] = []
  const homes: PresenceTable['homes'][number][] = []
  for (const { key, value } of tables.presence.getRange({})) {
    const row = decodeRecord(value, `presence ${key}`)
    if (key.startsWith('u')) users.push([key.slice(1), presenceRowShape(row, 'presence')])
    else homes.push([asPublisherId(key.slice(1)), homeRowShape(row, 'presence')])
  }
  return { users, homes }
}

function readLog(
  tables: Tables,
  base: StoredBase,
  end: LogIndex,
): { entries: LogEntry[]; firsts: LogIndex[] } {
  const blocks = [...tables.log.getRange({})]
  const entries: LogEntry[] = []
  for (const [place, { key: first, value }] of blocks.entries()) {
    const block = unpackLog(decodeRecord(value, `the block of log entries at ${first}`))
    const last = Math.min((blocks[place + 1]?.key ?? Infinity) - 1, end)
    for (let index = Math.max(first, base.index + 1); index <= last; index++) {
      const entry = block[index - first]
      if (entry === undefined || index !== base.index + 1 + entries.length)
        throw new DamagedData(`log entry ${base.index + 1 + entries.length} is missing`)
      entries.push(entry)
    }
  }
  if (base.index + entries.length !== end)
    throw new DamagedData(`the log ends at ${base.index + entries.length} instead of ${end}`)
  return { entries, firsts: blocks.map(({ key }) => key) }
}

const runs = list<NumberRun>((value, where) => {
  const [publisher, first, length] = list<unknown>((each) => each, 3)(value, where)
  return [asPublisherId(name(publisher, where)), count(first, where), count(length, where)]
}, 1_000_000)

function readQueue(tables: Tables): { entries: PendingEntry[]; blocks: QueueBlocks } {
  const blocks = new QueueBlocks(tables)
  const byPublisher = new Map<PublisherId, PendingEntry[]>()
  for (const { key: number, value } of tables.queue.getRange({})) {
    const what = `block ${number} of the queue`
    const left = tables.unqueued.get(number)
    const gone = left === undefined ? [] : runs(decodeRecord(left, what), what)
    const isGone = ({ publisher, n }: PendingEntry): boolean =>
      gone.some(([who, first, length]) => who === publisher && n >= first && n < first + length)
    const entries = unpackPending(decodeRecord(value, what)).filter((entry) => !isGone(entry))
    blocks.restored(number, entries, gone)
    for (const entry of entries) {
      const own = byPublisher.get(entry.publisher)
      if (own === undefined) byPublisher.set(entry.publisher, [entry])
      else own.push(entry)
    }
  }
  for (const own of byPublisher.values()) own.sort((a, b) => a.n - b.n)
  return { entries: [...byPublisher.values()].flat(), blocks }
}

function numbersOf(table: Tables['marks']): PublisherMark[] {
  return [...table.getRange({})].map(
    ({ key, value }) => [asPublisherId(key), count(value, 'a number beside a publisher')] as const,
  )
}
