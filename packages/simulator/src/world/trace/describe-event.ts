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
      return `declares the users of ${nameOf(event.server)} gone`
    case 'child-joined':
      return `has a new child, ${nameOf(event.child)}`
    case 'child-lost':
      return `lost its child ${nameOf(event.child)}: ${event.why}`
    case 'merging':
      return `asks ${nameOf(event.withRoot)} to merge`
    case 'clients-moved':
      return `moves ${event.count} clients to ${event.to}`
    case 'entries-cut':
      return `truncates ${event.count} entries from ${event.from} on`
    case 'history-lost':
      return `${event.count} entries of ${event.publishers} publishers are on this server only, and cannot reach the others`
    case 'messages-replaced':
      return `lost ${event.count} messages: their numbers were used twice`
    case 'clock-lost':
      return `continues without a clock: ${event.info}`
    case 'clock-back':
      return 'has a clock again'
    case 'calendar-jumped':
      return `its calendar jumps ${event.byMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(event.byMs))}ms`
    case 'time-differs':
      return `its calendar is ${Math.round(event.aheadMs / 1000)} s ahead of the log's time`
    case 'parent-unreachable':
      return `cannot reach ${event.host}: ${event.info}`
    case 'asking-remembered':
      return `asks ${event.count} servers that it remembers from its last run`
    case 'remembered-left-alone':
      return `does not ask ${event.count} servers that it remembers from its last run`
    case 'parent-says-nothing':
      return `got no JWP answer from ${event.host} for ${Math.round(event.forMs)}ms, although it accepts connections`
    case 'refused':
      return `was refused by ${event.by.replace(/:\d+$/, '')}: ${event.why}`
    case 'late-timers':
      return `woke up ${event.lateMs}ms late`
    case 'client-silent':
      return `gives up a client that has said nothing for ${event.forMs} ms`
    case 'disk-failed':
      return `cannot write to its disk: ${event.info}`
    case 'starting-server':
      return `starts another server: all ${event.servers} are full`
    case 'server-came':
      return `${nameOf(event.newcomer)}, which it started, has joined`
    case 'start-failed':
      return `starting another server failed: ${event.info}`
    case 'at-most-servers':
      return `starts no other server: all ${event.servers} are full, and no more are allowed`
    case 'idle':
      return `was not needed for ${Math.round(event.forMs)}ms`
    case 'kept-as-last':
      return `stays, because it is the last server of its network`
    case 'leaving':
      return 'leaves in order'
    case 'warning':
      return `warning: ${event.info}`
  }
}
