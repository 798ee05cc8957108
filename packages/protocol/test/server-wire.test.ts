/** Messages between servers survive the wire as they are; whatever else comes is told in words and nothing more. */
import {
  entriesIn,
  fromWire,
  MalformedMessage,
  bytesOfRows,
  maxBatchEntries,
  maxSnapshotRows,
  packPending,
  pendingIn,
  rowBytes,
  toWire,
  type ForeignMessage,
  type ServerMessage,
} from '@jwp/protocol'
import test from 'ava'
import fc from 'fast-check'
import { mutated } from './support/mutate.js'
import { anyMessage, messageOf, messageTypes } from './support/server-message-arbitraries.js'

/** Entry by entry: where runs begin and end says nothing. */
function plain(message: ServerMessage | ForeignMessage): object {
  if (message.type === 'LOG') return { ...message, runs: entriesIn(message.runs) }
  if (message.type === 'UP') return { ...message, runs: pendingIn(message.runs) }
  return message
}

for (const type of messageTypes) {
  test(`${type} comes out as it went in`, (t) => {
    fc.assert(
      fc.property(messageOf(type), (message) => {
        t.deepEqual(plain(fromWire(toWire(message))), plain(message))
      }),
      { numRuns: 50 },
    )
  })
}

test('a message with anything wrong in it is a MalformedMessage or still a message of that type', (t) => {
  const spoilt = anyMessage.chain((message) => mutated(toWire(message)))
  let refused = 0
  fc.assert(
    fc.property(spoilt, (raw) => {
      const outcome = read(raw)
      if (outcome instanceof MalformedMessage || outcome.type === 'FOREIGN') refused++
      else t.deepEqual(plain(fromWire(toWire(outcome))), plain(outcome))
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
  t.throws(() => fromWire({ type: 'ACK', index: -1 }), {
    instanceOf: MalformedMessage,
    message: 'ACK: index is not a whole number',
  })
  t.throws(() => fromWire({ type: 'LEAVE', to: { name: 'a', host: 'b', port: 70_000, secret: 's' } }), {
    message: 'LEAVE: port is not a port',
  })
})

test('fields that no message has are dropped', (t) => {
  t.deepEqual(fromWire({ type: 'HELD', batch: 3, secret: 'x', __proto__: { more: 1 } }), {
    type: 'HELD',
    batch: 3,
  })
})

test('long texts, lists and batches are refused by their length', (t) => {
  const address = { name: 'a', host: 'b', port: 1, secret: 's' }
  const tooLong = (raw: object) => t.throws(() => fromWire(raw), { instanceOf: MalformedMessage }).message
  t.regex(tooLong({ type: 'STATUS', versions: [1, 1], secret: 'x'.repeat(5_000) }), /longer than/)
  t.regex(tooLong({ type: 'SOME', members: Array.from({ length: 5_000 }, () => address) }), /more than/)
  const entries = maxBatchEntries + 1
  const lengths = new Uint8Array(4 * entries)
  const block = { ...packPending([]), runs: [['p', 0, 1, entries, '', 0]], lengths }
  t.regex(tooLong({ type: 'UP', batch: 1, block }), /too many entries/)
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
