/**
 * What a data folder holds, read back and checked before anything is written. The core checks whether the entries make
 * a log.
 */
import type { EntryRun, LogIndex, LogRun, NumberRange, PublisherMark } from '@jwp/protocol'
import {
  MalformedBytes,
  MalformedMessage,
  RunTable,
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
import { QueueBlocks } from './queue-blocks.js'
import { DamagedData, decodeBlock, decodeRecord } from './record.js'
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
    const { runs, firsts } = readLog(tables, base, end)
    const queue = readQueue(tables)
    const state: StoredState = {
      base,
      runs,
      commit: fact(tables, 'commit', count) ?? 0,
      highestEpochNumber: fact(tables, 'epoch', count) ?? 0,
      queue: queue.runs,
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
    if (error instanceof MalformedMessage || error instanceof MalformedBytes)
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

function readLog(tables: Tables, base: StoredBase, end: LogIndex): { runs: LogRun[]; firsts: LogIndex[] } {
  const blocks = [...tables.log.getRange({})]
  const runs: LogRun[] = []
  let read = base.index
  for (const [place, { key, value }] of blocks.entries()) {
    const last = Math.min((blocks[place + 1]?.key ?? Infinity) - 1, end)
    let first = key
    for (const run of unpackLog(decodeBlock(value, `the block of log entries at ${key}`))) {
      const from = Math.max(0, base.index + 1 - first)
      const to = Math.min(run.count, last - first + 1)
      if (from < to) {
        if (first + from !== read + 1) throw new DamagedData(`log entry ${read + 1} is missing`)
        runs.push(run.slice(from, to))
        read = first + to - 1
      }
      first += run.count
    }
  }
  if (read !== end) throw new DamagedData(`the log ends at ${read} instead of ${end}`)
  return { runs, firsts: blocks.map(({ key }) => key) }
}

const ranges = list<NumberRange>((value, where) => {
  const [publisher, first, length] = list<unknown>((each) => each, 3)(value, where)
  return [asPublisherId(name(publisher, where)), count(first, where), count(length, where)]
}, 1_000_000)

function readQueue(tables: Tables): { runs: EntryRun[]; blocks: QueueBlocks } {
  const blocks = new QueueBlocks(tables)
  const queue = new RunTable()
  for (const { key: number, value } of tables.queue.getRange({})) {
    const what = `block ${number} of the queue`
    const left = tables.unqueued.get(number)
    const gone = left === undefined ? [] : ranges(decodeRecord(left, what), what)
    const block = new RunTable()
    for (const run of unpackPending(decodeBlock(value, what))) block.add(run)
    for (const range of gone) block.take(...range)
    const runs = block.all()
    blocks.restored(number, runs, gone)
    for (const run of runs) queue.add(run)
  }
  return { runs: queue.all(), blocks }
}

function numbersOf(table: Tables['marks']): PublisherMark[] {
  return [...table.getRange({})].map(
    ({ key, value }) => [asPublisherId(key), count(value, 'a number beside a publisher')] as const,
  )
}
