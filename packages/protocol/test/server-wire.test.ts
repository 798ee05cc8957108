/** Messages between servers survive the wire as they are; whatever else comes is told in words and nothing more. */
import {
  asEpoch,
  asPublisherId,
  entriesIn,
  EntryRun,
  fromWire,
  LogRun,
  MalformedMessage,
  bytesOfRows,
  maxBatchEntries,
  maxSnapshotRows,
  pendingIn,
  rowBytes,
  serverProtocolVersions,
  type ForeignMessage,
  type ServerMessage,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'
import { received } from './support/received.js'
import { anyMessage, messageOf, messageTypes } from './support/server-message-arbitraries.js'

/** Entry by entry: where runs begin and end says nothing. */
function plain(message: ServerMessage | ForeignMessage): object {
  if (message.type === 'LOG') return { ...message, runs: entriesIn(message.runs) }
  if (message.type === 'UP') return { ...message, runs: pendingIn(message.runs) }
  if (message.type === 'HEARTBEAT') return { ...message, echoMs: message.echoMs }
  return message
}

for (const type of messageTypes) {
  test(`${type} comes out as it went in`, (t) => {
    fc.assert(
      fc.property(messageOf(type), (message) => {
        t.deepEqual(plain(fromWire(received(message))), plain(message))
      }),
      { numRuns: 50 },
    )
  })
}

test('a message with anything wrong in it is a MalformedMessage or still a message of that type', (t) => {
  const spoilt = anyMessage.chain((message) => mutated(received(message)))
  let refused = 0
  fc.assert(
    fc.property(spoilt, (raw) => {
      const outcome = read(raw)
      if (outcome instanceof MalformedMessage || outcome.type === 'FOREIGN') refused++
      else t.deepEqual(plain(fromWire(received(outcome))), plain(outcome))
    }),
    { numRuns: 3_000 },
  )
  t.true(refused > 1_000, 'most of what was spoilt is noticed')
})

/** Any other error is the test's. */
function read(raw: unknown): ServerMessage | ForeignMessage | MalformedMessage {
  try {
    return fromWire(raw)
  } catch (error) {
    if (error instanceof MalformedMessage) return error
    throw error
  }
}

for (const [what, raw] of [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'LOG'],
  ['a list', ['LOG']],
  ['a number', 7],
  ['no type', {}],
  ['an unknown type', { type: 'SHUTDOWN' }],
  ['a type that is no text', { type: ['ACK'] }],
  ['a type that every object has', { type: 'toString' }],
  ['a type that is a prototype', { type: '__proto__' }],
] as const) {
  test(`${what} is no message`, (t) => {
    t.throws(() => fromWire(raw), { instanceOf: MalformedMessage, message: 'not a message between servers' })
  })
}

test('the fault is told with the message and the field', (t) => {
  t.throws(() => fromWire({ type: 'EVERYWHERE', index: -1 }), {
    instanceOf: MalformedMessage,
    message: 'EVERYWHERE: index is not a whole number',
  })
  t.throws(() => fromWire({ type: 'LEAVE', to: { name: 'a', host: 'b', port: 70_000, secret: 's' } }), {
    message: 'LEAVE: port is not a port',
  })
})

/** As it stands in a message that is bytes. */
const number = (value: number): number[] => [...new Uint8Array(Float64Array.of(value).buffer)]

for (const [what, raw, message] of [
  ['no bytes', [], 'not a message between servers'],
  ['a first byte that stands for nothing', [99, ...number(1)], 'not a message between servers'],
  ['the first byte 0', [0, ...number(1)], 'not a message between servers'],
  ['an index below 0', [3, ...number(-1)], 'ACK: no count'],
  ['an index that is not whole', [3, ...number(0.5)], 'ACK: no count'],
  ['an index past what is exact', [3, ...number(2 ** 53)], 'ACK: no count'],
  ['a batch that is no number', [4, ...number(NaN)], 'HELD: no count'],
  ['a message that ends too early', [4, ...number(1).slice(1)], 'HELD: fewer bytes than they announce'],
  ['a message that goes on', [3, ...number(1), 0], 'ACK: more bytes than they announce'],
  ['a time that never is', [5, 0, ...number(Infinity)], 'HEARTBEAT: no finite number'],
  ['an echo in part', [5, 1, ...number(1), 0, 0], 'HEARTBEAT: fewer bytes than they announce'],
  [
    'an echo without its flag',
    [5, 0, ...number(1), ...number(1)],
    'HEARTBEAT: more bytes than they announce',
  ],
  ['an index that no log has', [5, 2, ...number(1), ...number(-1)], 'HEARTBEAT: no count'],
  ['flags that no HEARTBEAT has', [5, 4, ...number(1)], 'HEARTBEAT: flags that we do not know'],
  ['flags that no LOG has', [2, 16, ...number(1), ...number(1)], 'LOG: flags that we do not know'],
  ['flags that no UP has', [1, 1, ...number(1)], 'UP: flags that we do not know'],
  ['an UP without a block', [1, 0, ...number(1)], 'UP: fewer bytes than they announce'],
] as const)
  test(`refused: ${what}`, (t) => {
    t.throws(() => fromWire(Uint8Array.from(raw)), { instanceOf: MalformedMessage, message })
  })

test('what is said many times a second is bytes in a fixed layout', (t) => {
  const bytes = (message: ServerMessage): number[] => [...(received(message) as Uint8Array)]
  t.deepEqual(bytes({ type: 'ACK', index: 7 }), [3, ...number(7)])
  t.deepEqual(bytes({ type: 'HELD', batch: 2 ** 40 }), [4, ...number(2 ** 40)])
  t.deepEqual(bytes({ type: 'HEARTBEAT', sentMs: 0.5, echoMs: undefined }), [5, 0, ...number(0.5)])
  t.deepEqual(bytes({ type: 'HEARTBEAT', sentMs: 1, echoMs: 2 }), [5, 1, ...number(1), ...number(2)])
  t.deepEqual(bytes({ type: 'HEARTBEAT', sentMs: 1, echoMs: undefined, applied: 3 }), [
    ...[5, 2, ...number(1), ...number(3)],
  ])
  const nothing = new Array<number>(10).fill(0)
  t.deepEqual(bytes({ type: 'UP', batch: 3, runs: [] }), [1, 0, ...number(3), ...nothing])
  t.deepEqual(bytes({ type: 'UP', batch: 3, runs: [], prompt: true }), [1, 4, ...number(3), ...nothing])
  const log = { type: 'LOG', from: 5, runs: [], commit: 4 } as const
  t.deepEqual(bytes({ ...log, ack: false }), [2, 0, ...number(5), ...number(4), ...nothing])
  t.deepEqual(bytes({ ...log, ack: true, cut: true }), [2, 3, ...number(5), ...number(4), ...nothing])
  t.deepEqual(bytes({ ...log, ack: false, prompt: true, everywhere: 2 }), [
    ...[2, 12, ...number(5), ...number(4), ...number(2), ...nothing],
  ])
})

test('fields that no message has are dropped', (t) => {
  t.deepEqual(fromWire({ type: 'ROLL_CALL', number: 3, secret: 'x', __proto__: { more: 1 } }), {
    type: 'ROLL_CALL',
    number: 3,
  })
})

test('long texts, lists and batches are refused by their length', (t) => {
  const address = { name: 'a', host: 'b', port: 1, secret: 's' }
  const tooLong = (raw: unknown) => t.throws(() => fromWire(raw), { instanceOf: MalformedMessage }).message
  t.regex(
    tooLong({ type: 'STATUS', versions: serverProtocolVersions, secret: 'x'.repeat(5_000) }),
    /longer than/,
  )
  t.regex(tooLong({ type: 'SOME', members: Array.from({ length: 5_000 }, () => address) }), /more than/)
  const empty = new Uint8Array(0)
  const run = EntryRun.ofBodies(asPublisherId('p'), 'activity', 1, new Array(maxBatchEntries + 1).fill(empty))
  t.regex(tooLong(received({ type: 'UP', batch: 1, runs: [run] })), /^UP: too many entries/)
  t.notThrows(() => fromWire(received({ type: 'UP', batch: 1, runs: [run.slice(1)] })))
  const runs = [LogRun.ordered(run, asEpoch('1.a'), 1)]
  t.regex(tooLong(received({ type: 'LOG', from: 1, runs, commit: 0, ack: true })), /^LOG: too many entries/)
})

const noRows = { marks: [], others: [], users: [], presence: { users: [], homes: [] } }
const user = { username: 'ann', salt: 'aa', verifier: 'bb' }
const row = { cursor: 1, windows: [[1, 2]], connections: [['home', 1, 1]] }
const homeRow = { covers: 1, delivered: 1, behind: [] }
const many = <Row>(each: Row): Row[] => Array.from({ length: maxSnapshotRows + 1 }, () => each)

for (const [table, rows] of [
  ['marks', { marks: many(['p', 1]) }],
  ['others', { others: many(1) }],
  ['users', { users: many(user) }],
  ['users', { presence: { users: many(['ann', row]), homes: [] } }],
  ['homes', { presence: { users: [], homes: many(['home', homeRow]) } }],
] as const) {
  for (const type of ['SNAPSHOT', 'SNAPSHOT_PART']) {
    test(`a ${type} has no more ${Object.keys(rows)[0]!} (${table}) than a part may have`, (t) => {
      const head = { type, index: 0, lineage: [], lastTimestamp: 0, parts: 0, part: 0, ...noRows }
      t.notThrows(() => fromWire(head))
      t.throws(() => fromWire({ ...head, ...rows }), {
        instanceOf: MalformedMessage,
        message: `${type}: ${table} has more than ${maxSnapshotRows} items`,
      })
    })
  }
}

test('a row of a snapshot that is wrong is told by its field', (t) => {
  const head = { type: 'SNAPSHOT_PART', index: 0, part: 0, ...noRows }
  const wrong = (fields: object, message: string): unknown =>
    t.throws(() => fromWire({ ...head, ...fields }), { message: `SNAPSHOT_PART: ${message}` })
  wrong({ part: -1 }, 'part is not a whole number')
  wrong({ marks: [['p', -1]] }, 'marks is not a whole number')
  wrong({ users: [{ ...user, salt: 1 }] }, 'salt is not a text')
  wrong({ presence: { users: [] } }, 'homes is not a list')
  wrong({ presence: undefined }, 'presence is not a record')
})

test('the length of a part is that of all its rows', (t) => {
  const part = fromWire({
    type: 'SNAPSHOT_PART',
    index: 0,
    part: 0,
    marks: [['p', 1]],
    others: [7, 9],
    users: [user, user],
    presence: { users: [['ann', row]], homes: [['home', homeRow]] },
  })
  if (part.type !== 'SNAPSHOT_PART') return t.fail()
  const { marks, users, presence } = part
  const present = rowBytes.present(presence.users[0]!)
  const home = rowBytes.home(presence.homes[0]!)
  t.is(
    bytesOfRows(part),
    rowBytes.mark(marks[0]!) + 2 * rowBytes.other() + 2 * rowBytes.user(users[0]!) + present + home,
  )
  const twice = { ...presence.users[0]![1], connections: many(presence.users[0]![1].connections[0]!) }
  t.true(rowBytes.present(['ann', twice]) > present + maxSnapshotRows * 'home'.length, 'connections count')
})
