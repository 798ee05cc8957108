/** What people read in a server's log must be understood without the code. */
import test from 'ava'
import { asPublisherId, asServerId } from '@jwp/protocol'
import type { ServerEvent } from '@jwp/server/core'
import { wordsFor } from '#dist/shell/event-words.js'

const other = asServerId('beta.lan:3781#mwzs5e5j625264')

/** One example of every event, with its words. */
const examples: { readonly [Name in ServerEvent['event']]: readonly [Omit<Of<Name>, 'event'>, string] } = {
  'became-root': [{ epochNumber: 2 }, 'root of the tree, term 2: this server orders all messages'],
  'became-child': [{ parent: other }, 'attached to beta.lan:3781'],
  orphaned: [
    { parent: other, why: 'silent for too long' },
    'lost its parent beta.lan:3781 (silent for too long): looking for another one',
  ],
  'users-gone': [
    { server: asPublisherId(other) },
    'no server of the tree is beta.lan:3781 any more: its users count as offline',
  ],
  'child-joined': [{ child: other, size: 3 }, 'child beta.lan:3781 joined, with 2 servers below it'],
  'child-lost': [
    { child: other, why: 'the other end closed' },
    'lost child beta.lan:3781 (the other end closed)',
  ],
  merging: [
    { withRoot: other },
    'another tree found, whose log is longer or which is larger: joining its root beta.lan:3781',
  ],
  'clients-moved': [{ to: 'beta.lan:3781', count: 1 }, 'moved 1 client to beta.lan:3781, which has fewer'],
  'entries-cut': [
    { from: 42, count: 1 },
    "its log differed from the root's from position 42 on: took back 1 entry; messages among them are sent again and get a new position",
  ],
  'history-lost': [
    { count: 7, publishers: 1 },
    'was cut off from the network for longer than the log is kept: 7 messages of 1 sender cannot reach the other servers any more (raise --retention-age or --retention-bytes)',
  ],
  'messages-replaced': [
    { count: 2 },
    'lost 2 messages of a client: while the network was cut in two, another program used the same session on the other side, under the same numbers (clients that name a holder are numbered separately)',
  ],
  'clock-lost': [
    { info: 'no answer in 100 ms' },
    "no clock (no answer in 100 ms): ordering by hybrid time, this machine's own, until it is back",
  ],
  'clock-back': [{}, 'the clock is back'],
  'calendar-jumped': [
    { byMs: 3_600_000 },
    'this machine slept for 60 min, or its calendar was set forward by that: hybrid time follows it',
  ],
  'time-differs': [
    { aheadMs: -90_000 },
    "this machine's calendar is 90 s behind the time in the log: set one of them right",
  ],
  'parent-unreachable': [
    { host: 'beta.lan', port: 3781, info: 'connection refused' },
    'cannot join beta.lan:3781 yet (connection refused): trying again',
  ],
  'asking-remembered': [
    { count: 1, named: 'beta.lan:3781' },
    'beta.lan:3781 does not answer: asking 1 server that the run before knew as well',
  ],
  'remembered-left-alone': [
    { count: 2 },
    'not asking 2 servers that the run before knew: without -rp and --data this server founds a network',
  ],
  'parent-says-nothing': [
    { host: 'beta.lan', port: 3781, forMs: 60_000 },
    'what listens at beta.lan:3781 has said nothing as a JWP server for 60 s: going on as if no server were there',
  ],
  refused: [
    { by: 'beta.lan:3781', why: 'full' },
    'beta.lan:3781 does not take this server as a child: it has as many children as it may (--max-children)',
  ],
  'late-timers': [
    { lateMs: 900 },
    'this process stood still for 900 ms (a busy machine, sleep, or a stopped process): other servers may take it for dead',
  ],
  'client-silent': [
    { forMs: 30_000, username: 'aaron' },
    'a client of aaron has said nothing for 30 s: given up',
  ],
  'disk-failed': [{ info: 'it is full' }, 'cannot write to the disk: it is full'],
  'starting-server': [{ servers: 1 }, 'starting another server: this one is full'],
  'server-came': [
    { newcomer: 'beta.lan:3782', afterMs: 812.4 },
    'beta.lan:3782 joined, 812 ms after it was started',
  ],
  'start-failed': [{ info: 'no room' }, 'starting another server failed: no room'],
  'at-most-servers': [{ servers: 16 }, 'all 16 servers are full, and there may be no more (--autoscale-max)'],
  idle: [{ forMs: 60_000, clients: 0 }, 'no clients for 60 s: ending'],
  'kept-as-last': [
    { forMs: 120_000 },
    'not needed for 2 min, but this is the last server of its network: it stays, with what no other server has, until it is ended by hand',
  ],
  leaving: [{}, 'leaving the network'],
  warning: [{ info: 'as it is said' }, 'as it is said'],
}

type Of<Name extends ServerEvent['event']> = Extract<ServerEvent, { readonly event: Name }>

test('every event is told in words that need no code, and servers by their names alone', (t) => {
  for (const [event, [fields, words]] of Object.entries(examples))
    t.is(wordsFor({ event, ...fields } as ServerEvent), words)
})

test('each reason to be refused is explained, and a reason that is not known is shown as it is', (t) => {
  const words = (why: string): string => wordsFor({ event: 'refused', by: 'b', why })
  for (const why of ['cycle', 'orphan', 'busy', 'full', 'taken', 'senior'])
    t.notRegex(words(why), new RegExp(`child: ${why}$`))
  t.regex(words('a late answer'), /: a late answer$/)
})
