/** The transition table of a server's role: every pair of role and event, while it leaves too. */
import test from 'ava'
import { asLinkId, type Epoch } from '@jwp/protocol'
import {
  forbiddenWhileLeaving,
  RoleKeeper,
  roleTransitions,
  type RoleEvent,
  type RoleName,
} from '#dist/core/tree/role.js'
import { idOf, term } from './support/pieces.js'

const parentLink = asLinkId(1)
const parentId = idOf('parent')
const epoch: Epoch = term(1, 'me')
const roles: readonly RoleName[] = ['root', 'child', 'orphan']
const events: readonly RoleEvent[] = ['search', 'attach', 'found']

/** What may happen, written down once more on purpose: whoever changes the table has to say so here. */
const ways: readonly (readonly [RoleName, RoleEvent, RoleName])[] = [
  ['orphan', 'search', 'orphan'],
  ['orphan', 'attach', 'child'],
  ['orphan', 'found', 'root'],
  ['child', 'search', 'orphan'],
  ['root', 'attach', 'child'],
]

function keeperAs(role: RoleName): RoleKeeper {
  const keeper = new RoleKeeper()
  if (role === 'child') keeper.attach(parentLink, parentId)
  if (role === 'root') keeper.found(epoch, 7)
  return keeper
}

function apply(keeper: RoleKeeper, event: RoleEvent): void {
  if (event === 'search') keeper.search()
  else if (event === 'attach') keeper.attach(parentLink, parentId)
  else keeper.found(epoch, 7)
}

for (const role of roles)
  for (const event of events)
    for (const isLeaving of [false, true]) {
      const way = ways.find(([from, by]) => from === role && by === event)
      const to = isLeaving && event === 'found' ? undefined : way?.[2]
      const who = `a ${role}${isLeaving ? ' that leaves' : ''}`
      test(`${who}, at "${event}", ${to === undefined ? 'throws and stays as it is' : `becomes a ${to}`}`, (t) => {
        const keeper = keeperAs(role)
        if (isLeaving) keeper.leave()
        const before = keeper.now
        t.is(keeper.allows(event), to !== undefined)
        if (to === undefined) {
          t.throws(() => apply(keeper, event), { message: new RegExp(`^${who} cannot ${event}`) })
          t.is(keeper.now, before)
        } else {
          apply(keeper, event)
          t.is(keeper.now.name, to)
        }
        t.is(keeper.isLeaving, isLeaving)
      })
    }

test('the table lists these ways and no other', (t) => {
  const listed = Object.entries(roleTransitions).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to]) => `${from} ${event} ${to}`),
  )
  t.deepEqual(listed.sort(), ways.map((way) => way.join(' ')).sort())
  t.deepEqual(forbiddenWhileLeaving, ['found'])
})

test('a server starts as an orphan, and each role tells just what belongs to it', (t) => {
  const keeper = new RoleKeeper()
  const told = (): unknown => [keeper.isRoot, keeper.isOrphan, keeper.parentLink, keeper.rootSinceMs]
  t.deepEqual(told(), [false, true, undefined, 0])
  keeper.found(epoch, 7)
  t.deepEqual(told(), [true, false, undefined, 7])
  t.deepEqual(keeper.now, { name: 'root', epoch, sinceMs: 7 })
  keeper.attach(parentLink, parentId)
  t.deepEqual(told(), [false, false, parentLink, 0])
  t.deepEqual(keeper.now, { name: 'child', parentLink, parentId })
  keeper.search()
  t.deepEqual(told(), [false, true, undefined, 0])
})

test('a server that leaves may lose its parent and find another, for its entries; there is no way back', (t) => {
  const keeper = keeperAs('child')
  keeper.leave()
  keeper.search()
  keeper.attach(asLinkId(3), parentId)
  t.is(keeper.parentLink, asLinkId(3))
  t.true(keeper.isLeaving)
})
