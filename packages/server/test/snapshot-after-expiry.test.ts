/** Who was asleep for longer than the session lifetime comes back to a log that has forgotten it, and goes on. */
import test from 'ava'
import {
  asEpoch,
  asPublisherId,
  asServerId,
  EntryRun,
  logRuns,
  noPublisher,
  pendingIn,
  type LogEntry,
  type PublisherMark,
  type ServerMessage,
  emptyPresence,
} from '@jwp/protocol'
import { nothingStored } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const parent = address('p')
const parentId = asServerId('p#1')
const term = asEpoch(`1.${parentId}`)
const [sleeper, gone] = [asPublisherId('sleeper'), asPublisherId('gone')]

const entry = (publisher: LogEntry['publisher'], n: number): LogEntry => ({
  epoch: term,
  timestamp: 1,
  publisher,
  n,
  kind: publisher === noPublisher ? 'marker' : 'barrier',
  body: new Uint8Array(0),
})

/** It has the beginning of the log on its disk, and one entry of `sleeper` that has no place yet. */
function backFromSleep(marks: readonly PublisherMark[]): CoreAtHand {
  const server = new CoreAtHand({
    remote: parent,
    restored: {
      ...nothingStored,
      runs: logRuns([entry(noPublisher, 0), entry(sleeper, 1), entry(sleeper, 2), entry(gone, 1)]),
      commit: 4,
      queue: [EntryRun.of({ publisher: sleeper, n: 3, kind: 'barrier', body: new Uint8Array(0) })],
    },
  })
  server.turn({ type: 'start' })
  const dial = server.effects.find((effect) => effect.type === 'dial')
  if (dial?.type !== 'dial') throw new Error('it asks nobody')
  const { link } = dial
  const tell = (message: ServerMessage): unknown => server.turn({ type: 'link-message', link, message })
  server.turn({ type: 'link-opened', link })
  tell({ type: 'REFUSE', why: 'rooted' })
  const lineage = [[term, 50]] as const
  tell({
    type: 'AUTHENTICATION_SUCCESS',
    id: parentId,
    path: [{ id: parentId, address: parent }],
    succession: [],
    rootLineage: lineage,
    epochNumber: 1,
    everywhere: 50,
    contacts: [],
    clock: { host: 'c', port: 3 },
    you: address('me'),
  })
  tell({
    type: 'SNAPSHOT',
    index: 50,
    lineage,
    lastTimestamp: 9,
    parts: 0,
    marks,
    others: [],
    users: [],
    presence: emptyPresence,
  })
  return server
}

/** What it says about numbers of others, on its way up. */
function skipsOf(server: CoreAtHand): unknown[] {
  return server.effects
    .flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'UP' ? pendingIn(effect.message.runs) : [],
    )
    .filter(({ kind }) => kind === 'skip')
    .flatMap(({ body }) => JSON.parse(new TextDecoder().decode(body)) as unknown[])
}

test('what waits behind forgotten numbers goes up with a word about them', (t) => {
  const server = backFromSleep([])
  t.deepEqual(skipsOf(server), [[sleeper, 2]], 'and nobody brings back who is gone')
  t.false(server.effects.some((effect) => effect.type === 'report' && effect.event.event === 'history-lost'))
  t.is(server.core.inspect().lastIndex, 50)
})

test('numbers that the log still knows need no word', (t) => {
  t.deepEqual(skipsOf(backFromSleep([[sleeper, 2]])), [])
})

test('nor do those that it has beyond ours', (t) => {
  const server = backFromSleep([[sleeper, 7]])
  t.deepEqual(skipsOf(server), [])
  t.is(server.core.inspect().pendingCount, 0)
})
