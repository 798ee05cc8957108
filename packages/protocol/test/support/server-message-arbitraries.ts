/** Any well-formed message between servers, every type of it. */
import {
  asEpoch,
  asPublisherId,
  asServerId,
  asServerName,
  EntryRun,
  entryKinds,
  LogRun,
  maxAnnouncedLoads,
  noPublisher,
  notAnHeir,
  type Lineage,
  type LogEntry,
  type PendingEntry,
  type ServerMessage,
  type ServerMessageOf,
  type ServerMessageType,
} from '@jwp/protocol'
import fc, { type Arbitrary } from 'fast-check'

const count = fc.oneof(fc.nat(1_000), fc.maxSafeNat())
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const flag = fc.boolean()
const port = fc.integer({ min: 1, max: 65_535 })
const name = text.map(asServerName)
const id = text.map(asServerId)
const epoch = fc.oneof(fc.constantFrom('1.a#1', '2.b#1').map(asEpoch), text.map(asEpoch))
const address = fc.record({ name, host: text, port, secret: text })
const ancestor = fc.record({ id, address })
const lineage: Arbitrary<Lineage> = fc.array(fc.tuple(epoch, count), { maxLength: 5 })
const path = fc.array(ancestor, { maxLength: 4 })
const position = fc.record({
  epochNumber: count,
  index: count,
  rank: fc.constantFrom(0, notAnHeir),
  id,
})
const clockAddress = fc.record({ host: text, port })
const clock = fc.oneof(
  clockAddress,
  fc.record({ host: text, port, standbys: fc.array(clockAddress, { maxLength: 3 }) }),
)
const members = fc.array(address, { maxLength: 4 })
const why = fc.constantFrom('cycle', 'orphan', 'busy', 'senior', 'full', 'taken', 'rooted')
const asker = { id, name, hostname: text, port, length: count, size: count, sinceMs: finite, root: flag }

const publisher = fc.constantFrom('p1', 'p2', 'localhost:3781#x').map(asPublisherId)
const presence = fc.record({
  users: fc.array(
    fc.tuple(
      text,
      fc.record({
        cursor: count,
        windows: fc.array(fc.tuple(count, count), { maxLength: 3 }),
        connections: fc.array(fc.tuple(publisher, count, count), { maxLength: 3 }),
      }),
    ),
    { maxLength: 3 },
  ),
  homes: fc.array(
    fc.tuple(
      publisher,
      fc.record({
        covers: count,
        delivered: count,
        behind: fc.array(fc.tuple(count, count), { maxLength: 3 }),
      }),
    ),
    { maxLength: 3 },
  ),
})
const body = fc.uint8Array({ maxLength: 30 })
/** Small numbers, so that runs come about; now and then a huge one. */
const rising = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) },
  fc.integer({ min: 1, max: 2 ** 52 }),
)

export const pendingEntry: Arbitrary<PendingEntry> = fc.record({
  publisher,
  n: rising,
  kind: fc.constantFrom(...entryKinds.filter((kind) => kind !== 'marker')),
  body,
})
const marker: Arbitrary<PendingEntry> = fc.record({
  publisher: fc.constant(noPublisher),
  n: fc.constant(0),
  kind: fc.constant('marker'),
  body: fc.constant(new Uint8Array(0)),
})
export const logEntry: Arbitrary<LogEntry> = fc
  .tuple(fc.oneof({ weight: 9, arbitrary: pendingEntry }, marker), epoch, rising)
  .map(([entry, epoch, timestamp]) => ({ ...entry, epoch, timestamp }))

/** Entries of one publisher, of one body or some. */
export const pendingRun: Arbitrary<EntryRun> = fc
  .tuple(pendingEntry, fc.array(body, { maxLength: 5 }))
  .map(([{ publisher, kind, n, body }, more]) => EntryRun.ofBodies(publisher, kind, n, [body, ...more]))

export const logRun: Arbitrary<LogRun> = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: pendingRun },
      marker.map((entry) => EntryRun.of(entry)),
    ),
    epoch,
    rising,
  )
  .map(([run, epoch, timestamp]) => LogRun.ordered(run, epoch, timestamp))

const status = fc.record(
  {
    id,
    name,
    hostname: text,
    port,
    role: fc.constantFrom('root', 'child', 'orphan'),
    epoch,
    parent: address,
    ancestry: path,
    succession: path,
    children: fc.array(fc.record({ id, address, size: count, core: flag }), { maxLength: 3 }),
    clients: count,
    maxClients: count,
    log: fc.record({
      first: count,
      last: count,
      commit: count,
      applied: count,
      everywhere: count,
      bytes: count,
    }),
    pending: count,
    users: count,
    online: count,
    contacts: count,
    clock: fc.record({ host: text, port, mode: fc.constantFrom('clock', 'hybrid', 'not-root') }),
    leaving: flag,
    lastTimestamp: count,
    publishers: count,
    version: fc.string({ maxLength: 64 }),
    protocol: fc.tuple(count, count),
  },
  { noNullPrototype: true },
)

const hex = fc.uint8Array({ minLength: 4, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const user = fc.record({ username: text, salt: hex, verifier: hex })
const snapshotRows = {
  marks: fc.array(fc.tuple(publisher, count), { maxLength: 4 }),
  others: fc.array(count, { maxLength: 5 }),
  users: fc.array(user, { maxLength: 3 }),
  presence,
}

/** The fields of each, `type` left out. A type without its line here does not compile. */
type Fields = { [Type in ServerMessageType]: Arbitrary<Omit<ServerMessageOf<Type>, 'type'>> }

const optional = <Value>(value: Arbitrary<Value>) => fc.option(value, { nil: undefined })

/** Fields that are undefined are absent, as they are after the wire. */
const present = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const fields = {
  AUTHENTICATE: fc.record({ ...asker, secret: text, mysecret: text, lineage, base: count, dry: flag }),
  AUTHENTICATION_FAIL: fc.record({ info: text }),
  AUTHENTICATION_SUCCESS: fc.record({
    id,
    path,
    succession: path,
    rootLineage: lineage,
    epochNumber: count,
    resumedStamp: optional(count),
    everywhere: count,
    contacts: members,
    clock,
    you: address,
  }),
  REFUSE: fc.record({ why, position: optional(position), redirect: optional(address) }),
  CHECK: fc.record({ ...asker, nonce: count }),
  CHECK_RESULT: fc.record({
    nonce: count,
    ok: flag,
    why: optional(why),
    position: optional(position),
    rootLineage: optional(lineage),
    epochNumber: count,
  }),
  LOG: fc.record({
    from: count,
    runs: fc.array(logRun, { maxLength: 15 }),
    commit: count,
    ack: flag,
    cut: optional(fc.constant(true)),
    prompt: optional(fc.constant(true)),
    everywhere: optional(count),
  }),
  SNAPSHOT: fc.record({
    index: count,
    lineage,
    lastTimestamp: count,
    parts: count,
    ...snapshotRows,
  }),
  SNAPSHOT_PART: fc.record({ index: count, part: count, ...snapshotRows }),
  LOST: fc.constant({}),
  ROLL_CALL: fc.record({ number: count }),
  ROLL_ANSWER: fc.record({ number: count, homes: fc.array(publisher, { maxLength: 3 }) }),
  ACK: fc.record({ index: count }),
  UP: fc.record({
    batch: count,
    runs: fc.array(pendingRun, { maxLength: 15 }),
    prompt: optional(fc.constant(true)),
  }),
  HELD: fc.record({ batch: count }),
  PATH: fc.record({ path, succession: path, epochNumber: count, resumedStamp: optional(count), clock }),
  REPORT: fc.record({ applied: count, size: count, members }),
  EVERYWHERE: fc.record({ index: count }),
  SOME: fc.record({ members }),
  LOADS: fc.record({
    servers: count,
    clients: count,
    least: fc.array(
      fc.record({ address, clients: count, limit: count }, { requiredKeys: ['address', 'clients'] }),
      {
        maxLength: maxAnnouncedLoads,
      },
    ),
  }),
  GROW: fc.record({ nonce: count, most: count }),
  GROW_RESULT: fc.record({ nonce: count, ok: flag, servers: count }),
  GROW_OVER: fc.record({}),
  LOGIN_REQUEST: fc.record({
    nonce: count,
    username: text,
    salt: optional(hex),
    verifier: optional(hex),
  }),
  LOGIN_ALLOWED: fc.record({ nonce: count, username: text, salt: hex, verifier: hex }),
  LOGIN_DENIED: fc.record({ nonce: count, salts: fc.array(hex, { maxLength: 4 }), busy: flag }),
  HEARTBEAT: fc.record({ sentMs: finite, echoMs: optional(finite), applied: optional(count) }),
  LEAVE: fc.record({ to: optional(address) }),
  PROBE: fc.record({ secret: text, id, address, length: count, size: count, sinceMs: finite }),
  PROBE_RESULT: fc.record({
    root: optional(ancestor),
    own: optional(fc.record({ length: count, size: count, sinceMs: finite })),
  }),
  OFFER: fc.record({ secret: text, clients: count, count, full: optional(flag) }),
  OFFER_RESULT: fc.record({ count, clients: count }),
  STATUS: fc.record({ secret: text }),
  STATUS_RESULT: fc.record({ status }),
} as unknown as Fields

export const messageTypes = Object.keys(fields) as ServerMessageType[]

export const messageOf = (type: ServerMessageType): Arbitrary<ServerMessage> =>
  (fields[type] as Arbitrary<object>).map((rest) => ({ ...present(rest), type }) as ServerMessage)

export const anyMessage: Arbitrary<ServerMessage> = fc.oneof(...messageTypes.map(messageOf))
