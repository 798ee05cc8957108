/** What a server reports of itself, in words. */
import type { ServerEvent } from '@jwp/server/core'
import type { NameOf } from './describe-message.js'

export function describeEvent(event: ServerEvent, nameOf: NameOf): string {
  switch (event.event) {
    case 'became-root':
      return `is the root, term ${event.epochNumber}`
    case 'became-child':
      return `attached to ${nameOf(event.parent)}`
    case 'orphaned':
      return `orphaned: ${event.why}`
    case 'users-gone':
      return `says that the users of ${nameOf(event.server)} are gone`
    case 'child-joined':
      return `has a new child, ${nameOf(event.child)}`
    case 'child-lost':
      return `lost its child ${nameOf(event.child)}: ${event.why}`
    case 'merging':
      return `asks ${nameOf(event.withRoot)} to merge`
    case 'clients-moved':
      return `moves ${event.count} clients to ${event.to}`
    case 'entries-cut':
      return `cut ${event.count} entries from ${event.from} on`
    case 'history-lost':
      return `${event.count} entries of ${event.publishers} publishers are known here only, and kept no more`
    case 'messages-replaced':
      return `${event.count} messages had the numbers of others, and are lost`
    case 'clock-lost':
      return `goes on without the clock: ${event.info}`
    case 'clock-back':
      return 'has the clock again'
    case 'calendar-jumped':
      return `its calendar goes ${event.byMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(event.byMs))}ms`
    case 'time-differs':
      return `its calendar is ${Math.round(event.aheadMs / 1000)} s ahead of the log's time`
    case 'parent-unreachable':
      return `cannot reach ${event.host}: ${event.info}`
    case 'asking-remembered':
      return `asks ${event.count} whom the run before knew`
    case 'remembered-left-alone':
      return `leaves alone ${event.count} whom the run before knew`
    case 'parent-says-nothing':
      return `has heard nothing from ${event.host} for ${Math.round(event.forMs)}ms, though it is there`
    case 'refused':
      return `was refused by ${event.by.replace(/:\d+$/, '')}: ${event.why}`
    case 'late-timers':
      return `woke up ${event.lateMs}ms late`
    case 'client-silent':
      return `gives up a client that has said nothing for ${event.forMs} ms`
    case 'disk-failed':
      return `its disk fails: ${event.info}`
    case 'starting-server':
      return `all ${event.servers} servers are full: starts another`
    case 'server-came':
      return `sees ${nameOf(event.newcomer)}, which it has started`
    case 'start-failed':
      return `starting another server failed: ${event.info}`
    case 'at-most-servers':
      return `all ${event.servers} servers are full, and there may be no more`
    case 'idle':
      return `was not needed for ${Math.round(event.forMs)}ms`
    case 'kept-as-last':
      return `is the last of its network, and stays`
    case 'leaving':
      return 'leaves in order'
    case 'warning':
      return `warning: ${event.info}`
  }
}
