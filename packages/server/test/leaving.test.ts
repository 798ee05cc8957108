/** Leaving in order: what is published while the last clients are sent away is made safe before the server is gone. */
import test from 'ava'
import { asClientId, asSessionToken, pendingIn } from '@jwp/protocol'
import type { ServerEffect } from '@jwp/server/core'
import { CoreAtHand } from './support/core-at-hand.js'
import { Hop, verifierOf } from './support/hop-in-a-tree.js'

const hasStopped = (effects: readonly ServerEffect[]): boolean => effects.some(({ type }) => type === 'stop')

test('a child is gone only when its parent holds the departure of its last client, too', (t) => {
  const hop = new Hop()
  hop.learns({ username: 'ann', salt: 'aa', verifier: verifierOf('x', 'aa') })
  hop.logIn('ann', 'x')
  const held = (): ServerEffect[] => {
    const batch = hop.sentTo(hop.parent, 'UP').at(-1)!.batch
    return hop.turn({ type: 'link-message', link: hop.parent, message: { type: 'HELD', batch } })
  }
  held()
  hop.logsWhatWentUp()
  const asked = hop.turn({ type: 'leave' }).filter((effect) => effect.type === 'dial')
  t.is(asked.length, 1, 'where its client may go')
  const sentAway = hop.turn({
    ...{ type: 'link-failed', link: asked[0]!.link, why: 'refused', info: 'connection refused' },
  })
  t.true(sentAway.some(({ type }) => type === 'close-client'))
  t.false(hasStopped(sentAway), 'that it has gone is known here only')
  t.false(hasStopped(hop.turn()), 'it has gone up, and may be lost')
  t.deepEqual(
    hop.sentTo(hop.parent, 'UP').flatMap(({ runs }) => pendingIn(runs).map(({ kind }) => kind)),
    ['logout'],
  )
  t.true(hasStopped(held()))
})

test('a root is gone only when that has its place in the log', (t) => {
  const root = new CoreAtHand({ disk: undefined })
  root.turn({ type: 'start' })
  const client = asClientId(1)
  const says = (command: string): void => {
    const value = { command, username: 'ann', secret: 'x', features: ['presence'] }
    root.turn({ type: 'client-line', client, value })
  }
  root.turn({ type: 'client-opened', client, freshToken: asSessionToken('0'.repeat(32)), dialect: 'lines' })
  says('REGISTER')
  const hash = root.effects.find((effect) => effect.type === 'hash-secret')
  root.turn({ type: 'secret-hashed', job: hash!.job, salt: 'aa', verifier: 'bb' })
  root.grant()
  says('LOGIN')
  const check = root.effects.find((effect) => effect.type === 'check-secret')
  root.turn({ type: 'secret-checked', job: check!.job, ok: true })
  root.grant()
  t.is(root.core.status().clients, 1)
  const { lastIndex } = root.core.inspect()
  t.false(hasStopped(root.turn({ type: 'leave' })), 'its client has just gone')
  t.false(hasStopped(root.turn()), 'the clock has not answered')
  t.true(hasStopped(root.grant()))
  t.is(root.core.inspect().entryAt(lastIndex + 1)?.kind, 'logout')
})
