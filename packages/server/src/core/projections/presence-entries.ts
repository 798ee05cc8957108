/** What an entry says of connected users. A body that is something else says nothing, at all servers alike. */
import {
  deliveredBodyShape,
  goneBodyShape,
  loginBodyShape,
  logoutBodyShape,
  MalformedMessage,
  type Check,
  type DeliveredBody,
  type GoneBody,
  type LogEntry,
  type LoginBody,
  type LogoutBody,
  type Platform,
} from '@jwp/protocol'

export type PresenceEntry =
  | { readonly kind: 'login'; readonly body: LoginBody }
  | { readonly kind: 'logout'; readonly body: LogoutBody }
  | { readonly kind: 'gone'; readonly body: GoneBody }
  | { readonly kind: 'delivered'; readonly body: DeliveredBody }

type Reader = (entry: LogEntry, platform: Pick<Platform, 'decodeUtf8'>) => PresenceEntry | undefined

/** Undefined: it says nothing of presence. */
export const presenceEntryOf: Reader = ({ kind, body }, platform) => {
  const read = <Body>(shape: Check<Body>): Body => shape(JSON.parse(platform.decodeUtf8(body)), kind)
  try {
    switch (kind) {
      case 'login':
        return { kind, body: read(loginBodyShape) }
      case 'logout':
        return { kind, body: read(logoutBodyShape) }
      case 'gone':
        return { kind, body: read(goneBodyShape) }
      case 'delivered':
        return { kind, body: read(deliveredBodyShape) }
      default:
        return undefined
    }
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof SyntaxError) return undefined
    throw error
  }
}
