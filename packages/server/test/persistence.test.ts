/** A core with a disk: what it says only once the disk has it, and what it knows when it begins again. */
import test from 'ava'
import { asServerName, countOf, LogRun, pendingIn, type ServerMessage } from '@jwp/protocol'
import { applyChange, nothingStored, type ServerEffect } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'
import { address } from './support/make-core.js'

const message = (id: number): object => ({ command: 'ACTIVITY_MESSAGE', id, activity: { id } })
const told = (effects: readonly ServerEffect[]): string[] =>
  effects.flatMap((effect) => (effect.type === 'send-to-client' ? [effect.command.command] : []))
const sent = (effects: readonly ServerEffect[]): ServerMessage['type'][] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []))

test('a lone root acknowledges and delivers only what the disk has', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  server.stored()
  server.logIn()
  server.say(message(1))
  const afterGrant = server.grant()
  t.is(server.core.inspect().lastIndex, 2)
  t.deepEqual(told(afterGrant), [])
  t.is(server.core.inspect().commit, 1)
  const afterStored = server.stored()
  t.deepEqual(told(afterStored), ['ACTIVITY_ACK'])
  t.is(afterStored.filter((effect) => effect.type === 'deliver').length, 1)
})

test('after any number of changes a server begins with exactly what they add up to', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  server.logIn()
  for (let id = 1; id <= 5; id++) {
    server.say(message(id))
    server.grant()
    server.stored()
  }
  server.say({ command: 'DELIVERED', index: 4 })
  server.say(message(6), message(7))
  t.true(server.changes.length > 10)
  for (let count = 0; count <= server.changes.length; count++) {
    const state = server.changes.slice(0, count).reduce(applyChange, nothingStored)
    const again = new CoreAtHand({ restored: state, incarnation: '2' })
    const { lastIndex, commit, pendingCount, entryAt } = again.core.inspect()
    t.is(lastIndex, countOf(state.runs))
    t.is(commit, state.commit)
    t.is(pendingCount, countOf(state.queue))
    for (let index = 1; index <= lastIndex; index++)
      t.deepEqual(entryAt(index), server.core.inspect().entryAt(index))
  }
  const end = server.onDisk
  t.deepEqual(
    pendingIn(end.queue).map(({ n }) => n),
    [6, 7],
  )
  t.is(countOf(end.runs), 6)
  t.deepEqual(
    end.cursors.map(([, index]) => index),
    [4],
  )
})

test('what waited in the queue is ordered after the restart, once', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  server.logIn()
  server.say(message(1), message(2))
  const again = new CoreAtHand({ restored: server.onDisk, incarnation: '2' })
  again.turn({ type: 'start' })
  again.grant()
  t.is(again.core.inspect().role, 'root')
  t.is(again.core.inspect().pendingCount, 0)
  const { entryAt, lastIndex } = again.core.inspect()
  const numbers = Array.from({ length: lastIndex }, (_, k) => entryAt(k + 1)!.n)
  // Two terms opened by their markers.
  t.deepEqual(numbers, [0, 0, 1, 2])
})

test('a server with a log looks for its network before it founds one', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  const again = new CoreAtHand({ restored: server.onDisk, contacts: [address('friend')], incarnation: '2' })
  const dialled = again.turn({ type: 'start' }).filter((effect) => effect.type === 'dial')
  t.deepEqual(
    dialled.map((effect) => effect.address.name),
    [asServerName('friend')],
  )
  t.is(again.core.inspect().role, 'orphan')
})

test('a disk that takes nothing more makes the server leave, with an exit code that says so', (t) => {
  const server = new CoreAtHand()
  server.turn({ type: 'start' })
  server.stored()
  server.logIn()
  server.say(message(1))
  server.grant()
  const end = server.turn({ type: 'store-failed', info: 'no space left' })
  t.deepEqual(told(end), [])
  const stop = end.find((effect) => effect.type === 'stop')
  t.is(stop?.type === 'stop' && stop.exitCode, 1)
  t.regex(stop?.type === 'stop' ? stop.info : '', /no space left/)
})

test('a core child acknowledges the log only when its disk has it', (t) => {
  const server = new CoreAtHand({ remote: address('parent') })
  const link = dialledLink(server.turn({ type: 'start' }))
  const hear = (...messages: ServerMessage[]): ServerEffect[] =>
    server.turn(...messages.map((heard) => ({ type: 'link-message', link, message: heard }) as const))
  server.turn({ type: 'link-opened', link })
  hear({ type: 'REFUSE', why: 'rooted' })
  const root = new CoreAtHand({ incarnation: '0' })
  root.turn({ type: 'start' })
  const { lineage, entryAt } = root.core.inspect()
  const id = root.core.status().id
  hear({
    type: 'AUTHENTICATION_SUCCESS',
    id,
    path: [{ id, address: address('parent') }],
    succession: [],
    rootLineage: lineage,
    epochNumber: 1,
    everywhere: 0,
    contacts: [],
    clock: { host: 'c', port: 3 },
    you: address('me'),
  })
  const logged = hear({ type: 'LOG', from: 1, runs: [LogRun.of(entryAt(1)!)], commit: 0, ack: true })
  t.false(sent(logged).includes('ACK'))
  t.true(sent(server.stored()).includes('ACK'))
})

function dialledLink(effects: readonly ServerEffect[]): Extract<ServerEffect, { type: 'dial' }>['link'] {
  const dial = effects.find((effect) => effect.type === 'dial')
  if (dial?.type !== 'dial') throw new Error('it asks nobody')
  return dial.link
}
