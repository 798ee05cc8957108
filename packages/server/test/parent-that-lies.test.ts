/** A parent whose log does not fit ours is left, whatever it says; the server itself goes on. */
import test from 'ava'
import {
  asEpoch,
  asPublisherId,
  asServerId,
  asServerName,
  logRuns,
  noPublisher,
  type Address,
  type LogEntry,
  type ServerMessage,
  emptyPresence,
} from '@jwp/protocol'
import type { ServerCore, ServerEffect } from '@jwp/server/core'
import { makeCore } from './support/make-core.js'

const parent: Address = { name: asServerName('p:1'), host: 'p', port: 1, secret: 'p' }
const self: Address = { name: asServerName('me:2'), host: 'me', port: 2, secret: 'm' }
const parentId = asServerId('p:1#1')
const term = asEpoch(`1.${parentId}`)

const marker: LogEntry = {
  epoch: term,
  timestamp: 1,
  publisher: noPublisher,
  n: 0,
  kind: 'marker',
  body: new Uint8Array(0),
}
const entry = (publisher: string, n: number, epoch = term): LogEntry => ({
  ...marker,
  epoch,
  publisher: asPublisherId(publisher),
  n,
  kind: 'barrier',
})

/** A core that has just become the child of `parent`, and how to tell it something from there. */
function child(): { core: ServerCore; tell: (message: ServerMessage) => readonly ServerEffect[] } {
  const core = makeCore({ self, remote: parent })
  let nowMs = 1_000_000
  const dialled = core.handle({ type: 'start' }, nowMs).find((effect) => effect.type === 'dial')
  if (dialled?.type !== 'dial') throw new Error('it asks nobody')
  const { link } = dialled
  const tell = (message: ServerMessage): readonly ServerEffect[] => [
    ...core.handle({ type: 'link-message', link, message }, ++nowMs),
    ...core.handle({ type: 'turn-ended' }, nowMs),
  ]
  core.handle({ type: 'link-opened', link }, nowMs)
  tell({ type: 'REFUSE', why: 'rooted' })
  tell({
    type: 'AUTHENTICATION_SUCCESS',
    id: parentId,
    path: [{ id: parentId, address: parent }],
    succession: [],
    rootLineage: [],
    epochNumber: 1,
    everywhere: 0,
    contacts: [],
    clock: { host: 'c', port: 3 },
    you: self,
  })
  if (core.inspect().role !== 'child') throw new Error('it has not attached')
  return { core, tell }
}

const log = (from: number, entries: readonly LogEntry[], commit = 0): ServerMessage => ({
  type: 'LOG',
  from,
  runs: logRuns(entries),
  commit,
  ack: true,
})

test('a log that fits is taken and acknowledged', (t) => {
  const { core, tell } = child()
  const effects = tell(log(1, [marker, entry('x', 1)], 2))
  t.like(core.inspect(), { role: 'child', lastIndex: 2, commit: 2, applied: 2 })
  t.true(
    effects.some(
      (effect) => effect.type === 'send' && effect.message.type === 'ACK' && effect.message.index === 2,
    ),
  )
})

const lies: readonly (readonly [string, ServerMessage])[] = [
  ['a log that begins before the first entry', log(0, [marker])],
  ['a log that leaves a hole', log(9, [marker])],
  ['a log that leaves a gap in a publisher', log(1, [marker, entry('x', 2)])],
  ['a log that repeats a number', log(1, [marker, entry('x', 1), entry('x', 1)])],
  [
    'a snapshot that ends elsewhere than its lineage',
    {
      type: 'SNAPSHOT',
      index: 500,
      lineage: [[term, 3]],
      lastTimestamp: 1,
      parts: 0,
      marks: [],
      others: [],
      users: [],
      presence: emptyPresence,
    },
  ],
  [
    'a path with ourselves in it',
    {
      type: 'PATH',
      path: [{ id: asServerId('me:2#1'), address: self }],
      succession: [],
      epochNumber: 1,
      clock: { host: 'c', port: 3 },
    },
  ],
  ['a message that no parent sends', { type: 'ACK', index: 1 }],
]

for (const [story, lie] of lies) {
  test(`the parent is left: ${story}`, (t) => {
    const { core, tell } = child()
    t.notThrows(() => tell(lie))
    t.is(core.inspect().role, 'orphan')
    t.true(core.inspect().applied <= core.inspect().lastIndex)
  })
}

test('a commit mark beyond the log is taken for its end', (t) => {
  const { core, tell } = child()
  tell(log(1, [marker], 1_000_000))
  t.like(core.inspect(), { role: 'child', commit: 1, applied: 1 })
})
