/** A snapshot that is longer than one frame goes in parts, and counts when all of them are there. */
import test from 'ava'
import {
  bytesOfRows,
  entriesIn,
  fromWire,
  logRuns,
  maxRememberedOthers,
  maxSnapshotBytes,
  maxSnapshotRows,
  PackedMessage,
  pendingRuns,
  toWire,
  type ServerMessage,
  type ServerMessageOf,
  type SnapshotRows,
} from '@jwp/protocol'
import { nothingStored } from '@jwp/server/core'
import { defaultLinkLimits } from '@jwp/transport'
import {
  entry,
  marker,
  ofType,
  ReceivingEnd,
  term,
  SendingEnd,
  sentTo,
  storedWithUsers,
} from './support/snapshot-ends.js'

const smallParts = { limits: { snapshotRows: 3 } }
const kinds = (messages: readonly ServerMessage[]): string[] =>
  messages.map(({ type }) => type).filter((type) => /^(?:SNAPSHOT|LOG)/.test(type))
const parts = (messages: readonly ServerMessage[]) => ofType(messages, 'SNAPSHOT', 'SNAPSHOT_PART')

test('300,000 users come over in parts that are far from the longest frame, and one per turn', (t) => {
  const state = storedWithUsers(300_000, [entry('x', 1, 'barrier', '')])
  const above = new SendingEnd(state)
  const turns = above.sendAll(above.join())
  t.true(turns.every((messages) => parts(messages).length <= 1))
  const sent = turns.flat()
  t.true(Math.max(...parts(sent).map(bytesOfRows)) < defaultLinkLimits.frameTargetBytes / 2)
  t.is(kinds(sent)[0], 'SNAPSHOT_PART')
  t.is(kinds(sent).indexOf('LOG'), parts(sent).length, 'the log follows the last part')

  const below = new ReceivingEnd()
  for (const message of sent) {
    if (!/^(?:SNAPSHOT|LOG)/.test(message.type)) continue
    const wire = toWire(message)
    below.hears(fromWire(wire instanceof PackedMessage ? wire.toBytes() : wire) as ServerMessage)
    if (message.type === 'SNAPSHOT_PART') t.is(below.server.core.status().users, 0)
  }
  const { base } = state
  t.like(below.server.core.inspect(), { lastIndex: base.index + 2, applied: base.index + 1 })
  t.like(below.server.core.status(), { users: 300_000, online: 150_000, publishers: 300_001 })
  // All of them are compared where they are few: that takes longer than sending them.
  const stored = below.server.onDisk.base
  for (const place of [0, 1, 4_095, 4_096, 149_999, 299_999]) {
    t.deepEqual(stored.marks[place], base.marks[place])
    t.deepEqual(stored.users[place], base.users[place])
    t.deepEqual(stored.presence.users[place], base.presence.users[place])
  }
})

test('few users are one message, as soon as it joins', (t) => {
  const above = new SendingEnd(storedWithUsers(3))
  const [first] = above.sendAll(above.join())
  t.deepEqual(kinds(first!), ['SNAPSHOT', 'LOG'])
})

test('what happens while the parts are under way is in the log behind them, and in none of them', (t) => {
  const state = storedWithUsers(20)
  const above = new SendingEnd(state, smallParts)
  const { server } = above
  const heir = above.join('heir')
  const tell = (message: ServerMessage) => server.turn({ type: 'link-message', link: heir, message })
  above.sendAll(heir)
  tell({ type: 'ACK', index: server.core.inspect().lastIndex })

  const link = above.join()
  const begun = sentTo(server.effects, link)
  t.deepEqual(kinds(begun), ['SNAPSHOT_PART'])
  const entries = [
    entry('x', 1, 'register', { username: 'new', salt: 'aa', verifier: 'bb' }),
    entry('home', 1, 'logout', { connection: 1, at: [[term, 50]] }),
    entry('home', 2, 'login', { connections: [[99, 'user-1']] }),
    entry('home', 3, 'gone', { server: 'home' }),
  ]
  const effects = [
    ...tell({ type: 'UP', batch: 1, runs: pendingRuns(entries) }),
    ...server.grant(),
    ...server.stored(),
  ]
  const { lastIndex } = server.core.inspect()
  effects.push(...tell({ type: 'ACK', index: lastIndex }))
  t.like(server.core.inspect(), { applied: lastIndex })
  t.like(server.core.status(), { users: 21, online: 0 }, 'the tables are other ones now')

  const rest = above.sendAll(link).slice(1).flat()
  const sent = [...begun, ...sentTo(effects, link), ...rest]
  const { marks, others, users, presence } = state.base
  t.deepEqual(wholeOf(parts(sent)), { marks, others, users, presence })
  const logged = ofType(sent, 'LOG').flatMap((message) => entriesIn(message.runs))
  t.is(logged.filter(({ publisher }) => entries.some((one) => one.publisher === publisher)).length, 4)
})

test('a link that takes nothing gets no further part before it has drained', (t) => {
  const above = new SendingEnd(storedWithUsers(20), smallParts)
  const link = above.join()
  t.is(parts(sentTo(above.server.effects, link)).length, 1)
  above.server.turn({ type: 'link-blocked', link })
  t.false(above.wantsTurn, 'and nobody spins on it')
  t.deepEqual(parts(sentTo(above.server.turn({ type: 'tick' }), link)), [])
  above.server.turn({ type: 'link-drained', link })
  t.is(parts(above.sendAll(link).flat()).at(-1)?.type, 'SNAPSHOT')
})

function wholeOf(messages: readonly SnapshotRows[]): SnapshotRows {
  return {
    marks: messages.flatMap(({ marks }) => marks),
    others: messages.flatMap(({ others }) => others),
    users: messages.flatMap(({ users }) => users),
    presence: {
      users: messages.flatMap(({ presence }) => presence.users),
      homes: messages.flatMap(({ presence }) => presence.homes),
    },
  }
}

/** What a parent with so many users sends whoever joins, in small parts, and the log after it. */
function sentInSmallParts(users = 4): {
  all: ServerMessage[]
  first: Part
  second: Part
  last: Last
  log: ServerMessage
} {
  const above = new SendingEnd(storedWithUsers(users, [entry('x', 1, 'barrier', '')]), smallParts)
  const all = above.sendAll(above.join()).flat()
  const [first, second] = ofType(all, 'SNAPSHOT_PART')
  const [last] = ofType(all, 'SNAPSHOT')
  const [log] = ofType(all, 'LOG')
  return {
    all: all.filter(({ type }) => /^(?:SNAPSHOT|LOG)/.test(type)),
    first: first!,
    second: second!,
    last: last!,
    log: log!,
  }
}
type Part = ServerMessageOf<'SNAPSHOT_PART'>
type Last = ServerMessageOf<'SNAPSHOT'>

test('a snapshot that breaks off leaves nothing behind, and the next one is taken whole', (t) => {
  const { all, first, second } = sentInSmallParts()
  const below = new ReceivingEnd()
  below.hears(first)
  below.hears(second)
  below.attachAgain()
  t.like(below.server.core.inspect(), { lastIndex: 0, applied: 0 })
  t.is(below.server.core.status().users, 0)
  t.is(below.server.core.status().publishers, 0)
  t.false(below.server.changes.some(({ restart }) => restart !== undefined))
  for (const message of all) below.hears(message)
  t.like(below.server.core.status(), { users: 4, online: 2, publishers: 5, role: 'child' })
  t.deepEqual(below.server.onDisk.base, storedWithUsers(4).base)
})

test('who waits for the rest of a snapshot takes nobody in, and says that it has nothing', (t) => {
  const { first, all } = sentInSmallParts()
  const below = new ReceivingEnd()
  below.hears(first)
  t.deepEqual(ofType(below.asked(), 'REFUSE'), [{ type: 'REFUSE', why: 'busy' }])
  for (const message of all.slice(1)) below.hears(message)
  t.is(ofType(below.asked(), 'AUTHENTICATION_SUCCESS').length, 1)
})

test('who has dropped what the tree never had says so until the snapshot is there', (t) => {
  const { all } = sentInSmallParts()
  const mine = storedWithUsers(2).base
  const lineage = [['7.other#1' as typeof term, 900]] as const
  const below = new ReceivingEnd({
    restored: { ...nothingStored, base: { ...mine, index: 900, lineage }, commit: 900 },
  })
  const reported = (): number[] =>
    ofType(sentTo(below.server.effects, below.link), 'REPORT').map(({ applied }) => applied)
  t.deepEqual(reported(), [0], 'of its own 900 places the tree has none')
  for (const message of all) below.hears(message)
  below.server.pass(1_000)
  below.server.turn({ type: 'tick' })
  t.deepEqual(reported(), [51])
})

const lies: readonly (readonly [string, (honest: ReturnType<typeof sentInSmallParts>) => ServerMessage[]])[] =
  [
    ['parts that begin in the middle', ({ second }) => [second]],
    ['a part that comes twice', ({ first }) => [first, first]],
    ['a part that is missing', ({ first, second }) => [first, { ...second, part: 2 }]],
    ['parts of two snapshots', ({ first, second }) => [first, { ...second, index: 51 }]],
    [
      'a last one for another place',
      ({ first, last }) => [first, { ...last, parts: 1, index: 51, lineage: [[term, 51]] }],
    ],
    ['an end before all parts are there', ({ first, last }) => [first, last]],
    ['parts that were never sent', ({ last }) => [last]],
    ['a log between the parts', ({ first, log }) => [first, log]],
    [
      'a log without entries between the parts',
      ({ first }) => [first, { type: 'LOG', from: 1, runs: [], commit: 0, ack: true }],
    ],
    [
      'a part after the log has begun',
      ({ first }) => [{ type: 'LOG', from: 1, runs: logRuns([marker]), commit: 1, ack: true }, first],
    ],
    [
      'a snapshot after a snapshot',
      ({ all }) => [...all.slice(0, -1), { ...(all.at(-2) as Last), parts: 0 }],
    ],
    [
      'more than it says',
      ({ first }) => Array.from({ length: 30 }, (_, part) => ({ ...first, ...tooManyOthers, part })),
    ],
    ['more than memory is for', ({ first }) => tooLong(first)],
  ]

const nothing: SnapshotRows = { marks: [], others: [], users: [], presence: { users: [], homes: [] } }
const tooManyOthers: SnapshotRows = {
  ...nothing,
  others: Array.from({ length: Math.ceil(maxRememberedOthers / 29) }, (_, k) => k),
}

function tooLong(first: Part): ServerMessage[] {
  const user = { username: 'u', salt: 'a'.repeat(1_000), verifier: 'b'.repeat(1_000) }
  const rows = { ...nothing, users: Array.from({ length: maxSnapshotRows }, () => user) }
  const count = Math.ceil(maxSnapshotBytes / bytesOfRows(rows))
  return Array.from({ length: count + 1 }, (_, part) => ({ ...first, ...rows, part }))
}

for (const [story, lie] of lies) {
  test(`the parent is left, and nothing of it stays: ${story}`, (t) => {
    const below = new ReceivingEnd()
    const effects = lie(sentInSmallParts()).flatMap((message) => below.hears(message))
    t.is(below.server.core.inspect().role, 'orphan')
    t.true(effects.some((effect) => effect.type === 'close' && effect.link === below.link))
    t.true(effects.some((effect) => effect.type === 'report' && effect.event.event === 'warning'))
  })
}
