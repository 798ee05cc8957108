/** Changes as a core could make them: what they cut, drop and take out of the queue is there. */
import {
  asEpoch,
  asPublisherId,
  countOf,
  entriesIn,
  EntryRun,
  logRuns,
  noPublisher,
  pendingIn,
  pendingRuns,
  type EntryKind,
  type LogEntry,
  type LogIndex,
  type NumberRange,
  type PendingEntry,
  type PublisherId,
  type PublisherMark,
  type HomeRow,
  type PresenceRow,
} from '@jwp/protocol'
import { applyChange, nothingStored, type StoreChange, type StoredState } from '@jwp/server/core'
import fc from 'fast-check'

/** What one turn does, as dice; `changeFrom` makes it fit the state before. */
export interface Turn {
  readonly restart: boolean
  readonly cut: number
  readonly append: readonly Dice[]
  readonly drop: number
  readonly queue: readonly Dice[]
  readonly unqueue: readonly number[]
  readonly cursor: number
  readonly commits: boolean
}

interface Dice {
  readonly publisher: number
  readonly size: number
  readonly kind: number
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const dice = fc.record({ publisher: fc.nat(3), size: fc.nat(300), kind: fc.nat(9) })
const seldom = (often: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: often, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: share })

export const turns = fc.array(
  fc.record<Turn>({
    restart: fc.nat(30).map((n) => n === 0),
    cut: seldom(4),
    append: fc.array(dice, { maxLength: 12 }),
    drop: seldom(4),
    queue: fc.array(dice, { maxLength: 8 }),
    unqueue: fc.array(share, { maxLength: 6 }),
    cursor: fc.nat(6),
    commits: fc.boolean(),
  }),
  { maxLength: 40 },
)

const publisherOf = (number: number): PublisherId => asPublisherId(`session-${number}`)

export function changesOf(all: readonly Turn[]): { changes: StoreChange[]; states: StoredState[] } {
  const changes: StoreChange[] = []
  const states = [nothingStored]
  for (const [place, turn] of all.entries()) {
    const change = changeFrom(states.at(-1)!, turn, place + 1)
    changes.push(change)
    states.push(applyChange(states.at(-1)!, change))
  }
  return { changes, states }
}

function changeFrom(before: StoredState, turn: Turn, number: number): StoreChange {
  const change: { -readonly [Key in keyof StoreChange]: StoreChange[Key] } = { number }
  let state = before
  const apply = (more: Partial<StoreChange>): void => {
    Object.assign(change, more)
    state = applyChange(before, change)
  }
  if (turn.restart) apply({ restart: otherBase(before, number) })
  const kept = countOf(state.runs)
  if (turn.cut >= 0) apply({ cutTo: state.base.index + kept - Math.floor(turn.cut * kept) })
  if (turn.append.length > 0) apply({ append: appended(state, turn.append, number) })
  if (turn.drop >= 0) apply({ drop: dropped(state, Math.ceil(turn.drop * countOf(state.runs))) })
  const waiting = pendingIn(before.queue)
  const unqueued = pendingRuns([
    ...new Set(turn.unqueue.flatMap((place) => waiting[Math.floor(place * waiting.length)] ?? [])),
  ]).map(({ publisher, firstN, count }): NumberRange => [publisher, firstN, count])
  if (unqueued.length > 0) apply({ unqueued })
  const queued = newInQueue(state.queue, turn.queue, number)
  if (queued.length > 0) apply({ queued })
  const publisher = publisherOf(turn.cursor % 3)
  apply({ cursors: [[publisher, turn.cursor === 0 ? 0 : number]] })
  if (turn.commits) apply({ commit: lastOf(state) })
  if (turn.cursor === 1) apply({ highestEpochNumber: number })
  return change
}

const lastOf = ({ base, runs }: StoredState): LogIndex => base.index + countOf(runs)

function otherBase(before: StoredState, number: number): StoredState['base'] {
  const index = lastOf(before) + 100
  return {
    index,
    lineage: [[asEpoch(`${number}.restart`), index]],
    lastTimestamp: number * 1_000,
    marks: [[publisherOf(1), number]],
    others: [index - 1, index],
    users: [{ username: `user-${number}`, salt: '00', verifier: '11' }],
    presence: { users: [[`user-${number}`, rowOf(number)]], homes: [[publisherOf(2), homeOf(number)]] },
  }
}

const rowOf = (index: number): PresenceRow => ({
  cursor: index,
  windows: [[index, 0]],
  connections: index % 2 === 0 ? [] : [[publisherOf(1), index, index]],
})

const homeOf = (index: number): HomeRow => ({ covers: index, delivered: index, behind: [[1, index]] })

function lastNumbers({ base, runs }: StoredState): Map<PublisherId, number> {
  const numbers = new Map<PublisherId, number>(base.marks)
  for (const { publisher, lastN } of runs) if (publisher !== noPublisher) numbers.set(publisher, lastN)
  return numbers
}

function appended(
  state: StoredState,
  all: readonly Dice[],
  number: number,
): NonNullable<StoreChange['append']> {
  const numbers = lastNumbers(state)
  const entries = all.map((each, place): LogEntry => {
    const kind = kindOf(each.kind)
    const publisher = kind === 'marker' ? noPublisher : publisherOf(each.publisher)
    const n = kind === 'marker' ? 0 : (numbers.get(publisher) ?? 0) + 1
    if (kind !== 'marker') numbers.set(publisher, n)
    const body = bodyOf(each, number + place)
    return {
      publisher,
      n,
      kind,
      body,
      epoch: asEpoch(`${number}.root`),
      timestamp: number * 1_000 + place * 3,
    }
  })
  return { from: lastOf(state) + 1, runs: logRuns(entries) }
}

function dropped(state: StoredState, length: number): NonNullable<StoreChange['drop']> {
  const gone = entriesIn(state.runs).slice(0, length)
  const index = state.base.index + length
  const marks = new Map<PublisherId, number>()
  for (const { publisher, n } of gone) if (publisher !== noPublisher) marks.set(publisher, n)
  return {
    index,
    lineage: index === 0 ? [] : [[gone.at(-1)?.epoch ?? asEpoch('1.before'), index]],
    lastTimestamp: gone.at(-1)?.timestamp ?? state.base.lastTimestamp,
    marks: [...marks] satisfies PublisherMark[],
    others: gone.flatMap(({ kind }, place) => (kind === 'activity' ? [] : [state.base.index + 1 + place])),
    users: gone.length === 0 ? [] : [{ username: `user-${index % 5}`, salt: `${index}`, verifier: '22' }],
    presence: {
      users: gone.length === 0 ? [] : [[`user-${index % 3}`, rowOf(index)]],
      homes: [[publisherOf(index % 3), index % 4 === 0 ? undefined : homeOf(index)]],
    },
  }
}

function newInQueue(queue: readonly EntryRun[], all: readonly Dice[], number: number): EntryRun[] {
  const taken = new Set(pendingIn(queue).map(({ publisher, n }) => `${n} ${publisher}`))
  const entries = all.flatMap((each, place) => {
    const kind = kindOf(each.kind)
    if (kind === 'marker') return []
    // Numbers come back in any order: what was cut off the log is queued again.
    const entry: PendingEntry = {
      publisher: publisherOf(each.publisher),
      n: 1 + (each.size % 40),
      kind,
      body: bodyOf(each, place + number),
    }
    const key = `${entry.n} ${entry.publisher}`
    if (taken.has(key)) return []
    taken.add(key)
    return [entry]
  })
  return pendingRuns(entries)
}

function kindOf(number: number): EntryKind {
  return number === 0 ? 'marker' : number === 1 ? 'barrier' : 'activity'
}

const bodyOf = ({ size, kind }: Dice, salt: number): Uint8Array =>
  kind < 2 ? new Uint8Array(0) : Uint8Array.from({ length: size }, (_, place) => (place * 7 + salt) % 256)

/** In one form, for comparing: tables have no order, the queue has one per publisher only, and runs end anywhere. */
export function canonical(state: StoredState): unknown {
  const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
  const bytes = <Entry extends { body: Uint8Array }>(entry: Entry): unknown => ({
    ...entry,
    body: [...entry.body],
  })
  return {
    ...state,
    base: {
      ...state.base,
      marks: [...state.base.marks].sort(byKey),
      presence: {
        users: [...state.base.presence.users].sort(byKey),
        homes: [...state.base.presence.homes].sort(byKey),
      },
    },
    runs: entriesIn(state.runs).map(bytes),
    queue: pendingIn(state.queue)
      .sort((a, b) => (a.publisher === b.publisher ? a.n - b.n : a.publisher < b.publisher ? -1 : 1))
      .map(bytes),
    cursors: [...state.cursors].sort(byKey),
  }
}
