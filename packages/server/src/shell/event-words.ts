/**
 * What a server reports of itself, in words for people who have not read the code. Programs read the fields of the JSON
 * log instead: words may change.
 *
 * Servers are shown by their names (host:port unless `--name` says otherwise). The incarnation behind the name, which
 * is new at each start, is in the fields.
 */
import type { ServerEvent } from '@jwp/server/core'

export function wordsFor(event: ServerEvent): string {
  switch (event.event) {
    case 'became-root':
      return `root of the tree, term ${event.epochNumber}: this server orders all messages`
    case 'became-child':
      return `attached to ${nameIn(event.parent)}`
    case 'orphaned':
      return `lost its parent${event.parent === undefined ? '' : ` ${nameIn(event.parent)}`} (${event.why}): looking for another one`
    case 'users-gone':
      return `no server of the tree is ${nameIn(event.server)} any more: its users count as offline`
    case 'child-joined':
      return `child ${nameIn(event.child)} joined${event.size > 1 ? `, with ${servers(event.size - 1)} below it` : ''}`
    case 'child-lost':
      return `lost child ${nameIn(event.child)} (${event.why})`
    case 'merging':
      return `another tree found, whose log is longer or which is larger: joining its root ${nameIn(event.withRoot)}`
    case 'clients-moved':
      return `moved ${many(event.count, 'client')} to ${event.to}, which has fewer`
    case 'entries-cut':
      return `its log differed from the root's from position ${event.from} on: took back ${many(event.count, 'entry', 'entries')}; messages among them are sent again and get a new position`
    case 'history-lost':
      return `was cut off from the network for longer than the log is kept: ${many(event.count, 'message')} of ${many(event.publishers, 'sender')} cannot reach the other servers any more (raise --retention-age or --retention-bytes)`
    case 'messages-replaced':
      return `lost ${many(event.count, 'message')} of a client: while the network was cut in two, another program used the same session on the other side, under the same numbers (clients that name a holder are numbered separately)`
    case 'clock-lost':
      return `no clock (${event.info}): ordering by hybrid time, this machine's own, until it is back`
    case 'clock-back':
      return 'the clock is back'
    case 'calendar-jumped':
      return event.byMs > 0
        ? `this machine slept for ${inWords(event.byMs)}, or its calendar was set forward by that: hybrid time follows it`
        : `this machine's calendar was set back by ${inWords(-event.byMs)}: hybrid time goes on as before`
    case 'time-differs':
      return `this machine's calendar is ${inWords(Math.abs(event.aheadMs))} ${event.aheadMs > 0 ? 'ahead of' : 'behind'} the time in the log: set one of them right`
    case 'parent-unreachable':
      return `cannot join ${event.host}:${event.port} yet (${event.info}): trying again`
    case 'asking-remembered':
      return event.named === undefined
        ? `looking for the network of the run before: asking ${servers(event.count)} that it knew`
        : `${event.named} does not answer: asking ${servers(event.count)} that the run before knew as well`
    case 'remembered-left-alone':
      return `not asking ${servers(event.count)} that the run before knew: without -rp and --data this server founds a network`
    case 'parent-says-nothing':
      return `what listens at ${event.host}:${event.port} has said nothing as a JWP server for ${inWords(event.forMs)}: going on as if no server were there`
    case 'refused':
      return `${event.by} does not take this server as a child: ${refusalWords[event.why] ?? event.why}`
    case 'late-timers':
      return `this process stood still for ${event.lateMs} ms (a busy machine, sleep, or a stopped process): other servers may take it for dead`
    case 'client-silent':
      return `a client of ${event.username} has said nothing for ${inWords(event.forMs)}: given up`
    case 'disk-failed':
      return `cannot write to the disk: ${event.info}`
    case 'starting-server':
      return `starting another server: ${event.servers === 1 ? 'this one is' : `all ${event.servers} are`} full`
    case 'server-came':
      return `${event.newcomer} joined, ${Math.round(event.afterMs)} ms after it was started`
    case 'start-failed':
      return `starting another server failed: ${event.info}`
    case 'at-most-servers':
      return `${event.servers === 1 ? 'the only server is' : `all ${event.servers} servers are`} full, and there may be no more (--autoscale-max)`
    case 'idle':
      return event.clients === 0
        ? `no clients for ${inWords(event.forMs)}: ending`
        : `not needed for ${inWords(event.forMs)}: ending, there is room elsewhere for ${many(event.clients, 'client')}`
    case 'kept-as-last':
      return `not needed for ${inWords(event.forMs)}, but this is the last server of its network: it stays, with what no other server has, until it is ended by hand`
    case 'leaving':
      return 'leaving the network'
    case 'warning':
      return event.info
  }
}

/** The words of REFUSE, explained. */
const refusalWords: Readonly<Record<string, string>> = {
  cycle: 'it is below this server itself',
  orphan: 'it has lost its own parent and looks for another one',
  busy: 'it is just joining another tree',
  full: 'it has as many children as it may (--max-children)',
  taken: "this server's name is in use in that network",
  senior: 'this server has messages that are kept nowhere else, so that network joins it instead',
}

/** `name#incarnation` → name. */
function nameIn(id: string): string {
  const end = id.lastIndexOf('#')
  return end === -1 ? id : id.slice(0, end)
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`
}

function servers(count: number): string {
  return many(count, 'server')
}

function inWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
