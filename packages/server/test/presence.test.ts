/**
 * The table of who is connected is a pure function of the applied log: whatever was applied, cut and applied again
 * meanwhile, it is what the final log makes it.
 */
import test from 'ava'
import fc from 'fast-check'
import { asEpoch, asPublisherId, type EntryKind, type LogEntry, type PresenceTable } from '@jwp/protocol'
import type { Restart } from '#dist/core/projections/log-projection.js'
import { Presence } from '#dist/core/projections/presence.js'
import { platform } from './support/pieces.js'

const epoch = asEpoch('1.root#1')
const homes = ['x', 'y', 'z'].map(asPublisherId)

/** All that the table asks of the rest of a server: one term, in which every place is known. */
function fresh(onAnnouncedWasCut = (): void => undefined): Presence {
  return new Presence({
    platform,
    log: { lastOf: (its: string, within: number) => (its === epoch ? within : undefined) },
    onLogin: () => undefined,
    onGone: () => undefined,
    onAnnouncedWasCut,
    onMoving: () => undefined,
  })
}

function restartFrom(presence: PresenceTable, index: number): Restart {
  const base = { index, lineage: [], lastTimestamp: 0, marks: [], others: [], users: [], presence }
  return { base, common: 0, droppedBefore: [] }
}

function entryOf(publisher: number, kind: EntryKind, body: object): LogEntry {
  const text = platform.encodeUtf8(JSON.stringify(body))
  return { publisher: homes[publisher]!, n: 1, kind, body: text, epoch, timestamp: 1 }
}

const home = fc.nat(2)
const number = fc.integer({ min: 1, max: 4 })
const name = fc.constantFrom('ann', 'bob', 'cid')
const place = fc.oneof(
  fc.constant([]),
  fc.nat(60).map((index) => [[epoch, index]] as const),
  fc.nat(60).map((index) => [['9.lost#1', index]] as const),
)
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  fc
    .tuple(home, fc.array(fc.tuple(number, name), { maxLength: 3 }), fc.boolean())
    .map(([at, connections, again]) => entryOf(at, 'login', { connections, ...(again ? { again } : {}) })),
  fc
    .tuple(home, number, place, fc.boolean())
    .map(([at, connection, up, moving]) =>
      entryOf(at, 'logout', { connection, at: up, ...(moving ? { moving } : {}) }),
    ),
  fc.tuple(home, home).map(([at, server]) => entryOf(at, 'gone', { server: homes[server]! })),
  fc
    .tuple(home, home, fc.array(fc.tuple(number, name), { maxLength: 3 }))
    .map(([at, server, connections]) => entryOf(at, 'gone', { server: homes[server]!, connections })),
  fc
    .tuple(home, number, place, fc.array(fc.tuple(number, place), { maxLength: 2 }))
    .map(([by, upTo, at, behind]) => entryOf(by, 'delivered', { upTo, at, behind })),
  home.map((at) => entryOf(at, 'activity', {})),
  // What is no login says nothing, everywhere alike.
  home.map((at) => entryOf(at, 'login', { connections: 'none' })),
)
const entries = fc.array(entry, { maxLength: 30 })

function applyAll(presence: Presence, log: readonly LogEntry[], after = 0): Presence {
  log.forEach((each, k) => {
    presence.apply(each, after + k + 1)
  })
  return presence
}

/** In the order of their names: what was changed and put back comes last in a table, and is the same. */
const inOrder = <Row>(rows: Iterable<readonly [string, Row]>): (readonly [string, Row])[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
const sorted = ({
  users,
  homes: rows,
}: Readonly<Record<'users' | 'homes', Iterable<readonly [string, unknown]>>>): unknown => ({
  users: inOrder(users),
  homes: inOrder(rows),
})
const tableOf = (log: readonly LogEntry[]): unknown => sorted(applyAll(fresh(), log).tableAt(log.length))

/** What is derived from the rows must follow them. */
function derived(presence: Presence): unknown {
  const online = [...presence.online()].sort()
  const at = homes.flatMap((each) =>
    [1, 2, 3, 4].filter((n) => presence.isConnected(each, n)).map((n) => `${each}${n}`),
  )
  return { online, count: presence.onlineCount, at, homes: [...presence.homes()].sort() }
}

test('cutting and applying other entries equals applying the final log', (t) => {
  fc.assert(
    fc.property(entries, entries, fc.nat(30), fc.nat(30), (first, second, keep, settled) => {
      const end = Math.min(keep, first.length)
      const presence = applyAll(fresh(), first)
      presence.settle(Math.min(settled, end))
      presence.cutTo(end)
      applyAll(presence, second, end)
      const final = [...first.slice(0, end), ...second]
      t.deepEqual(sorted(presence.tableAt(final.length)), tableOf(final))
      t.deepEqual(derived(presence), derived(applyAll(fresh(), final)))
    }),
  )
})

test('the table is known as it was at every place that is still kept', (t) => {
  fc.assert(
    fc.property(entries, fc.nat(30), (log, at) => {
      const settled = Math.min(at, log.length)
      const presence = applyAll(fresh(), log)
      presence.settle(settled)
      for (let index = settled; index <= log.length; index++)
        t.deepEqual(sorted(presence.tableAt(index)), tableOf(log.slice(0, index)), `at ${index}`)
    }),
  )
})

test('what a snapshot holds goes on like the log that it stands for', (t) => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const presence = applyAll(fresh(), after)
      const table = applyAll(fresh(), before).tableAt(before.length)
      presence.restart(restartFrom(table, before.length))
      applyAll(presence, after, before.length)
      const all = [...before, ...after]
      t.deepEqual(sorted(presence.tableAt(all.length)), tableOf(all))
      t.deepEqual(derived(presence), derived(applyAll(fresh(), all)))
    }),
  )
})

test('rows that are stored bit by bit are the table', (t) => {
  fc.assert(
    fc.property(entries, fc.array(fc.nat(30)), (log, steps) => {
      const presence = applyAll(fresh(), log)
      const users = new Map<string, unknown>()
      const rows = new Map<string, unknown>()
      const store = (into: Map<string, unknown>, [key, row]: readonly [string, unknown]): void => {
        if (row === undefined) into.delete(key)
        else into.set(key, row)
      }
      let last = 0
      for (const step of [...steps.sort((a, b) => a - b), log.length]) {
        const index = Math.min(step, log.length)
        if (index < last) continue
        last = index
        const changes = presence.changesUpTo(index)
        for (const change of changes.users) store(users, change)
        for (const change of changes.homes) store(rows, change)
        presence.settle(index)
        t.deepEqual(sorted({ users, homes: rows }), tableOf(log.slice(0, index)))
      }
    }),
  )
})

test('who comes and goes is told where he did, and by that alone it is known who is online', (t) => {
  fc.assert(
    fc.property(entries, (log) => {
      const presence = applyAll(fresh(), log)
      const online = new Set<string>()
      for (let index = 1; index <= log.length; index++) {
        for (const change of presence.changesAt(index)) {
          t.not(online.has(change.username), change.online, 'only what changes is told')
          if (change.online) online.add(change.username)
          else online.delete(change.username)
        }
      }
      t.deepEqual([...online].sort(), [...presence.online()].sort())
    }),
  )
})

test('a cut says whether anybody must be told how it is now', (t) => {
  let cuts = 0
  const presence = applyAll(
    fresh(() => cuts++),
    [
      entryOf(0, 'activity', {}),
      entryOf(0, 'login', { connections: [[1, 'ann']] }),
      entryOf(0, 'delivered', { upTo: 1, at: [[epoch, 1]], behind: [] }),
    ],
  )
  presence.cutTo(2)
  t.is(cuts, 0)
  presence.cutTo(1)
  t.is(cuts, 1)
  t.is(presence.onlineCount, 0)
})

const moved = (by: number, connection: number): LogEntry =>
  entryOf(by, 'logout', { connection, at: [], moving: true })
const strayed = (server: number, connection: number): LogEntry =>
  entryOf(2, 'gone', { server: homes[server]!, connections: [[connection, 'ann']] })
const login = (by: number, connection: number): LogEntry =>
  entryOf(by, 'login', { connections: [[connection, 'ann']] })
const told = (...log: LogEntry[]): boolean[] => {
  const presence = applyAll(fresh(), log)
  return log.flatMap((_, k) => presence.changesAt(k + 1).map(({ online }) => online))
}

test('of who is sent to another server nothing is told', (t) => {
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1)), [true])
  t.deepEqual(told(login(0, 1), login(1, 1), moved(0, 1)), [true], 'in whatever order the log has it')
  t.deepEqual(
    told(login(0, 1), moved(0, 1), login(1, 1), moved(1, 1), login(2, 1)),
    [true],
    'again and again',
  )
})

test('who is sent to another server and does not come has gone, then and not before', (t) => {
  const log = [login(0, 1), moved(0, 1), entryOf(1, 'activity', {}), strayed(0, 1)]
  t.deepEqual(told(...log.slice(0, 3)), [true])
  t.deepEqual(told(...log), [true, false])
  t.deepEqual(told(...log, login(1, 1)), [true, false, true])
})

test('that it has not come in time says nothing of who has, or moves again, or never moved', (t) => {
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1), strayed(0, 1)), [true])
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1), moved(1, 1), strayed(0, 1)), [true])
  t.deepEqual(told(login(0, 1), strayed(0, 1)), [true])
})

test('the servers that it moved from and to may die: it is online until it was too long on its way, or its server dies', (t) => {
  const dead = (server: number): LogEntry => entryOf(2, 'gone', { server: homes[server]! })
  t.deepEqual(told(login(0, 1), moved(0, 1), dead(0), dead(1), login(2, 1)), [true])
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1), dead(0)), [true])
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1), dead(1)), [true, false])
})

test('who leaves in order is told to have gone at once, wherever it came from', (t) => {
  const left = entryOf(1, 'logout', { connection: 1, at: [] })
  t.deepEqual(told(login(0, 1), moved(0, 1), login(1, 1), left), [true, false])
})

test('what is sent while it is on its way is owed to it', (t) => {
  const sent = entryOf(2, 'activity', {})
  const presence = applyAll(fresh(), [login(0, 1), moved(0, 1), sent, login(1, 1), sent])
  t.deepEqual(presence.row('ann')?.windows, [[1, 0]])
})
