/** Who is connected, as clients with the feature `presence` are told it: all of them, as far as there is room. */
import type { Presence } from '../projections/presence.js'

/** Users that one line lists: of 128 bytes each, still far from the longest line. */
const maxListedOnline = 4_096

export function onlineList(presence: Pick<Presence, 'online'>): { online: string[]; onlineMore?: boolean } {
  const online: string[] = []
  for (const username of presence.online()) {
    if (online.length >= maxListedOnline) return { online, onlineMore: true }
    online.push(username)
  }
  return { online }
}
