/** What a client's line says, or what is wrong with it in the protocol's words. Nothing is trusted before this. */
import type { AckLevel, Activity, Feature, Lineage, Resume, SessionToken } from '@jwp/protocol'
import {
  ackLevels,
  asPublisherId,
  asSessionToken,
  features,
  maxHolderLength,
  maxSecretBytes,
  maxUsernameBytes,
  versionRangeFrom,
  type VersionRange,
} from '@jwp/protocol'
import type { Epoch } from '@jwp/protocol'
import { utf8Length } from '../accounts/name-rules.js'

export class InvalidCommand extends Error {}

export type Fields = Readonly<Record<string, unknown>>

/** @throws InvalidCommand if it is no JSON object with a command. */
export function commandOf(value: unknown): { name: string; fields: Fields } {
  if (!isObject(value) || typeof value['command'] !== 'string') {
    throw new InvalidCommand('the received message did not contain a command')
  }
  return { name: value['command'], fields: value }
}

/** @throws InvalidCommand */
export function usernameOf(fields: Fields): string {
  const { username } = fields
  if (typeof username !== 'string' || username === '')
    throw new InvalidCommand('the received message did not contain a username')
  if (isLongerThan(username, maxUsernameBytes))
    throw new InvalidCommand(`a username has at most ${maxUsernameBytes} bytes`)
  return username
}

/** Absent, null and empty are the same: no secret. @throws InvalidCommand */
export function secretOf(fields: Fields): string | undefined {
  const { secret } = fields
  if (secret === undefined || secret === null || secret === '') return undefined
  if (typeof secret !== 'string') throw new InvalidCommand('the secret must be a string')
  if (isLongerThan(secret, maxSecretBytes))
    throw new InvalidCommand(`a secret has at most ${maxSecretBytes} bytes`)
  return secret
}

/** Features that we do not know are not granted; that is no error. @throws InvalidCommand */
export function featuresOf(fields: Fields): ReadonlySet<Feature> {
  const asked = fields['features']
  if (asked === undefined || asked === null) return new Set()
  if (!Array.isArray(asked) || asked.length > 32)
    throw new InvalidCommand('features must be a short array of names')
  return new Set(features.filter((feature) => asked.includes(feature)))
}

/** The versions that a client with features can speak: as it says, else the first. @throws InvalidCommand */
export function versionsOf(fields: Fields): VersionRange {
  const { versions } = fields
  if (versions === undefined || versions === null) return [1, 1]
  const range = versionRangeFrom(versions)
  if (range === undefined) throw new InvalidCommand('versions must be [oldest, newest]')
  return range
}

/** @throws InvalidCommand */
export function ackLevelOf(fields: Fields): AckLevel {
  const level = fields['ackLevel'] ?? 'logged'
  const known = ackLevels.find((name) => name === level)
  if (known === undefined) throw new InvalidCommand(`ackLevel must be one of ${ackLevels.join(', ')}`)
  return known
}

/**
 * The holder of the session; empty: the client does not say.
 * @throws InvalidCommand
 */
export function holderOf(fields: Fields): string {
  const holder = fields['holder'] ?? ''
  if (typeof holder !== 'string' || holder.length > maxHolderLength)
    throw new InvalidCommand(`holder must be a string of at most ${maxHolderLength} characters`)
  return holder
}

/** @throws InvalidCommand */
export function resumeOf(fields: Fields): Resume | undefined {
  const resume = fields['resume']
  if (resume === undefined || resume === null) return undefined
  if (!isObject(resume)) throw new InvalidCommand('resume must be an object')
  const { session, publisher, lineage } = resume
  if (typeof session !== 'string' || !/^[0-9a-f]{32}$/.test(session))
    throw new InvalidCommand('resume.session must be 32 hex digits')
  if (typeof publisher !== 'string' || publisher.length > 128)
    throw new InvalidCommand('resume.publisher must be a short string')
  return {
    session: asSessionToken(session) satisfies SessionToken,
    publisher: asPublisherId(publisher),
    lineage: lineageOf(lineage),
  }
}

/** @throws InvalidCommand */
export function activityOf(fields: Fields): Activity {
  const { activity } = fields
  if (!isObject(activity)) throw new InvalidCommand('the received message did not contain an activity object')
  return activity
}

/** @throws InvalidCommand */
export function idOf(fields: Fields): number {
  const { id } = fields
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) {
    throw new InvalidCommand('with the feature ack, each ACTIVITY_MESSAGE carries an id: 1, 2, 3…')
  }
  return id
}

function lineageOf(value: unknown): Lineage | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > 100_000)
    throw new InvalidCommand('resume.lineage must be an array')
  let before = 0
  return value.map((pair: unknown) => {
    if (
      !Array.isArray(pair) ||
      typeof pair[0] !== 'string' ||
      !Number.isSafeInteger(pair[1]) ||
      (pair[1] as number) <= before
    ) {
      throw new InvalidCommand('resume.lineage must hold [epoch, index] pairs with rising indexes')
    }
    before = pair[1] as number
    return [pair[0] as Epoch, before] as const
  })
}

/** Of something huge only the length is looked at: no character takes less than a byte. */
function isLongerThan(text: string, bytes: number): boolean {
  return text.length > bytes || utf8Length(text) > bytes
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
