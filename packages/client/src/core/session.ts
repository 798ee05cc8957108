/** The numbered session that our messages belong to, and how we ask for it. */
import {
  clientProtocolVersions,
  type ClientCommand,
  type Lineage,
  type PublisherId,
  type SessionToken,
} from '@jwp/protocol'
import type { ClientOptions } from './options.js'

export interface Session {
  /** A client that shows it may continue the session. */
  readonly token: SessionToken
  readonly publisher: PublisherId
}

/** `session` undefined: the server begins a new one. `lineage`: what we have seen of the log. */
export function loginCommand(
  { username, secret, ackLevel, presence, holder }: ClientOptions,
  session: Session | undefined,
  lineage: Lineage,
): ClientCommand {
  return {
    command: 'LOGIN',
    username,
    ...(secret === undefined ? {} : { secret }),
    features: ['ack', 'resume', 'servers', ...(presence ? (['presence'] as const) : [])],
    versions: clientProtocolVersions,
    ackLevel,
    holder,
    ...(session === undefined
      ? {}
      : { resume: { session: session.token, publisher: session.publisher, lineage } }),
  }
}
