/** A LOGIN line, parsed once: what all steps of the login go by. */
import {
  anonymous,
  highestInCommon,
  clientProtocolVersions,
  type AckLevel,
  type Feature,
  type Resume,
  type VersionRange,
} from '@jwp/protocol'
import {
  ackLevelOf,
  featuresOf,
  holderOf,
  resumeOf,
  secretOf,
  usernameOf,
  versionsOf,
  type Fields,
} from '../clients/command-shapes.js'

export interface LoginRequest {
  readonly username: string
  /** Undefined for `anonymous`: that name has no secret, and a given one is ignored. */
  readonly secret: string | undefined
  readonly features: ReadonlySet<Feature>
  readonly ackLevel: AckLevel
  /** The session that the client resumes; undefined: it begins one, or needs none. */
  readonly resume: Resume | undefined
  /** The holder of the session, as the client says; empty: it does not say. */
  readonly holder: string
  /** Versions of the protocol that the client speaks, and the one that is spoken with it; undefined: none in common. */
  readonly versions: VersionRange
  readonly version: number | undefined
}

/** @throws InvalidCommand: a line of a wrong shape must not cost a hash */
export function loginRequestOf(fields: Fields): LoginRequest {
  const username = usernameOf(fields)
  const secret = username === anonymous ? undefined : secretOf(fields)
  const features = featuresOf(fields)
  const ackLevel = ackLevelOf(fields)
  const resume = resumeOf(fields)
  const holder = holderOf(fields)
  const versions = features.size > 0 ? versionsOf(fields) : clientProtocolVersions
  return {
    ...{ username, secret, features, ackLevel, resume, holder, versions },
    version: highestInCommon(clientProtocolVersions, versions),
  }
}

/** The client numbers its messages, or confirms what it has handled: it has a session. */
export function isNumbered(features: ReadonlySet<Feature>): boolean {
  return features.has('ack') || features.has('resume')
}
