/** The list of online users for clients with the feature `presence`: all of them, as far as there is room. */
import { jsonForOneLine } from '@jwp/protocol'
import { utf8Length } from '../accounts/name-rules.js'
import type { Presence } from '../projections/presence.js'

/** Users that one line lists. */
const maxListedOnline = 4_096
/**
 * Bytes of the list, at most. Usual names never come to so much; those that earlier versions registered may be of
 * control characters, six bytes each. Half of what readers take: LOGIN_SUCCESS has more than the list.
 */
const maxListedBytes = 1_048_576
/** Shorter names are not measured: even as control characters, as many as are listed have room. */
const measuredFromLength = 33
const longestEscapeBytes = 6

export function onlineList(presence: Pick<Presence, 'online'>): { online: string[]; onlineMore?: boolean } {
  const online: string[] = []
  let bytes = 0
  for (const username of presence.online()) {
    bytes += bytesInList(username)
    if (online.length >= maxListedOnline || bytes > maxListedBytes) return { online, onlineMore: true }
    online.push(username)
  }
  return { online }
}

/** At most: as JSON, with its quotes and a comma. */
function bytesInList(username: string): number {
  return username.length < measuredFromLength
    ? longestEscapeBytes * username.length + 3
    : utf8Length(jsonForOneLine(username)) + 1
}
