/**
 * Messages between servers as they travel: what is said many times a second as bytes in fixed layouts (`packed-wire.ts`), everything
 * else with its fields by name.
 * What comes in is checked field by field before a core sees it.
 */
import type { Address } from './address.js'
import { maxStandbys } from './clock-messages.js'
import {
  maxAnnouncedLoads,
  maxContacts,
  maxHexDigits,
  maxOfferedSalts,
  maxReportedStrangers,
  maxHomes,
  maxSampledMembers,
  maxSecretBytes,
  maxServerNameLength,
  maxUsernameBytes,
} from './limits.js'
import type { PackedMessage } from './packed-message.js'
import { packMessage, unpackMessage } from './packed-wire.js'
import type { ForeignMessage, RefusalReason, ServerMessage, ServerMessageType } from './server-messages.js'
import {
  count,
  finite,
  flag,
  hex,
  list,
  MalformedMessage,
  maybe,
  oneOf,
  pair,
  port,
  record,
  text,
  type Check,
} from './shape.js'
import { snapshotRowsFields } from './snapshot-rows.js'
import { highestInCommon, serverProtocolVersions, versionRangeFrom, type VersionRange } from './versions.js'

/** What goes into a frame. */
export type WireMessage = Readonly<Record<string, unknown>> | PackedMessage

/** @param spoken on this link; what is said first tells what we can speak instead */
export function toWire(message: ServerMessage, spoken: number = serverProtocolVersions[1]): WireMessage {
  const packed = packMessage(message)
  if (packed !== undefined) return packed
  if (firstMessages.has(message.type)) return { ...message, versions: serverProtocolVersions }
  if (firstAnswers.has(message.type)) return { ...message, version: spoken }
  return message
}

/** Those that may come first on a link, and carry the versions that their sender can speak. */
const firstMessages = new Set(['AUTHENTICATE', 'PROBE', 'OFFER', 'STATUS'])
/** The answers to them, which carry the one that is spoken. */
const firstAnswers = new Set([
  'AUTHENTICATION_SUCCESS',
  'REFUSE',
  'PROBE_RESULT',
  'OFFER_RESULT',
  'STATUS_RESULT',
])

/** What is spoken on a link from a peer's first message or first answer on; undefined: this is neither, or foreign. */
export function versionSpoken(raw: unknown, ours: VersionRange = serverProtocolVersions): number | undefined {
  const theirs = versionsIn(raw)
  return theirs === 'not here' || theirs === undefined ? undefined : highestInCommon(ours, theirs)
}

/**
 * The versions are looked at before the other fields, which are others in another version.
 * @throws MalformedMessage with words on what is wrong.
 */
export function fromWire(
  raw: unknown,
  ours: VersionRange = serverProtocolVersions,
): ServerMessage | ForeignMessage {
  const theirs = versionsIn(raw)
  if (theirs === 'not here' || versionSpoken(raw, ours) !== undefined) return knownFromWire(raw)
  const { type, secret } = raw as { type: string; secret?: unknown }
  if (!firstMessages.has(type)) return { type: 'FOREIGN', versions: theirs }
  return { type: 'FOREIGN', versions: theirs, secret: typeof secret === 'string' ? secret : '' }
}

/** Of messages that must carry them; undefined: this one does not, as before there were versions. */
function versionsIn(raw: unknown): VersionRange | 'not here' | undefined {
  const { type, versions, version } = (raw ?? {}) as Readonly<Record<string, unknown>>
  if (typeof type !== 'string') return 'not here'
  if (firstMessages.has(type)) return versionRangeFrom(versions)
  if (firstAnswers.has(type)) return versionRangeFrom(version)
  // A refusal is words, good in every version, unless it is about versions.
  return type === 'AUTHENTICATION_FAIL' ? (versionRangeFrom(versions) ?? 'not here') : 'not here'
}

/** The port of a clock was given instead of a server's. */
const saidByClocks: ReadonlySet<string> = new Set(['GRANT', 'TIME_REFUSED', 'NOT_LEADER'])
export const whatAClockSays = 'what listens there is a clock; servers listen at other ports'

function knownFromWire(raw: unknown): ServerMessage {
  if (raw instanceof Uint8Array) return unpackMessage(raw)
  const type = typeof raw === 'object' && raw !== null ? (raw as { type?: unknown }).type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(readers, type)) {
    if (typeof type === 'string' && saidByClocks.has(type)) throw new MalformedMessage(whatAClockSays)
    throw new MalformedMessage('not a message between servers')
  }
  try {
    return readers[type as NamedType](raw as object)
  } catch (error) {
    if (error instanceof MalformedMessage) throw new MalformedMessage(`${type}: ${error.message}`)
    throw error
  }
}

const name = text(maxServerNameLength)
const id = text(320)
const epoch = text(352)
const secret = text(maxSecretBytes)
const info = text(4_096)
const host = text(256)
const lineage = list(pair(epoch, count), 100_000)
const address = record({ name, host, port, secret })
const ancestor = record({ id, address })
const path = list(ancestor, 1_024)
const succession = list(ancestor, 4_096)
const position = record({ epochNumber: count, index: count, rank: count, id })
const clockAddress = record({ host, port })
const clock = record({ host, port, standbys: maybe(list(clockAddress, maxStandbys)) })
const refusals: readonly RefusalReason[] = ['cycle', 'orphan', 'busy', 'senior', 'full', 'taken', 'rooted']
const why = oneOf(refusals)
const versions = pair(count, count)
const username = text(maxUsernameBytes)
const digits = hex(maxHexDigits)
const asker = { id, name, hostname: host, port, length: count, size: count, sinceMs: finite, root: flag }

const status = record({
  id,
  version: text(64),
  protocol: versions,
  name,
  hostname: host,
  port,
  role: oneOf(['root', 'child', 'orphan']),
  epoch: maybe(epoch),
  parent: maybe(address),
  ancestry: path,
  succession,
  children: list(record({ id, address, size: count, core: flag }), 65_536),
  clients: count,
  maxClients: maybe(count),
  log: record({ first: count, last: count, commit: count, applied: count, everywhere: count, bytes: count }),
  pending: count,
  users: count,
  online: count,
  contacts: count,
  clock: record({ host, port, mode: oneOf(['clock', 'hybrid', 'not-root']) }),
  times: maybe(record({ machineMs: finite, logMs: maybe(finite) })),
  leaving: flag,
  lastTimestamp: count,
  publishers: count,
})

/** An address from a file or a peer. @throws MalformedMessage */
export const addressFromWire = (value: unknown): Address => address(value, 'address') as Address

/** Those that travel with their fields by name. */
type NamedType = Exclude<ServerMessageType, 'LOG' | 'UP' | 'ACK' | 'HELD' | 'HEARTBEAT'>
type Checks = Readonly<Record<NamedType, Check<object>>>

const checks: Checks = {
  AUTHENTICATE: record({ ...asker, secret, mysecret: secret, lineage, base: count, dry: flag }),
  AUTHENTICATION_FAIL: record({ info, versions: maybe(versions) }),
  AUTHENTICATION_SUCCESS: record({
    id,
    path,
    succession,
    rootLineage: lineage,
    epochNumber: count,
    resumedStamp: maybe(count),
    everywhere: count,
    contacts: list(address, 4 * maxContacts),
    clock,
    you: address,
  }),
  REFUSE: record({ why, position: maybe(position), redirect: maybe(address) }),
  CHECK: record({ ...asker, nonce: count }),
  CHECK_RESULT: record({
    nonce: count,
    ok: flag,
    why: maybe(why),
    position: maybe(position),
    rootLineage: maybe(lineage),
    epochNumber: count,
  }),
  SNAPSHOT: record({ index: count, lineage, lastTimestamp: count, parts: count, ...snapshotRowsFields }),
  SNAPSHOT_PART: record({ index: count, part: count, ...snapshotRowsFields }),
  LOST: record({}),
  ROLL_CALL: record({ number: count }),
  ROLL_ANSWER: record({ number: count, homes: list(id, maxHomes) }),
  PATH: record({ path, succession, epochNumber: count, resumedStamp: maybe(count), clock }),
  REPORT: record({
    applied: count,
    size: count,
    members: list(address, maxSampledMembers),
    strangers: maybe(list(address, maxReportedStrangers)),
  }),
  EVERYWHERE: record({ index: count }),
  SOME: record({ members: list(address, maxSampledMembers) }),
  LOADS: record({
    servers: count,
    clients: count,
    least: list(record({ address, clients: count, limit: maybe(count) }), maxAnnouncedLoads),
  }),
  GROW: record({ nonce: count, most: count }),
  GROW_RESULT: record({ nonce: count, ok: flag, servers: count }),
  GROW_OVER: record({}),
  LOGIN_REQUEST: record({ nonce: count, username, salt: maybe(digits), verifier: maybe(digits) }),
  LOGIN_ALLOWED: record({ nonce: count, username, salt: digits, verifier: digits }),
  LOGIN_DENIED: record({ nonce: count, salts: list(digits, maxOfferedSalts), busy: flag }),
  LEAVE: record({ to: maybe(address) }),
  PROBE: record({ secret, id, address, length: count, size: count, sinceMs: finite }),
  PROBE_RESULT: record({
    root: maybe(ancestor),
    own: maybe(record({ length: count, size: count, sinceMs: finite })),
  }),
  OFFER: record({ secret, clients: count, count, full: maybe(flag) }),
  OFFER_RESULT: record({ count, clients: count }),
  STATUS: record({ secret }),
  STATUS_RESULT: record({ status }),
}

function checked(type: NamedType): (raw: object) => ServerMessage {
  const check = checks[type]
  // Optional fields are absent rather than undefined after the check; the union's types say the same in two ways.
  return (raw) => ({ ...check(raw, 'it'), type }) as unknown as ServerMessage
}

const readers = Object.fromEntries(
  Object.keys(checks).map((type) => [type, checked(type as NamedType)]),
) as Readonly<Record<NamedType, (raw: object) => ServerMessage>>
