/** Attachment alone: taking a parent, hearing of changes above it, and losing it. */
import test from 'ava'
import type { Address, LinkId, ServerMessageOf } from '@jwp/protocol'
import { ClockChoice } from '#dist/core/log/clock-choice.js'
import { Attachment } from '#dist/core/tree/attachment.js'
import type { ParentFound } from '#dist/core/tree/tree-listener.js'
import { address, ancestor, clock, effectsOf, Ground, idOf, term } from './support/pieces.js'

type Success = ServerMessageOf<'AUTHENTICATION_SUCCESS'>

const success = (over: Partial<Success> = {}): Success => ({
  type: 'AUTHENTICATION_SUCCESS',
  id: idOf('parent'),
  path: [ancestor('parent'), ancestor('root')],
  succession: [ancestor('parent')],
  rootLineage: [],
  epochNumber: 3,
  everywhere: 0,
  contacts: [],
  clock,
  you: address('me'),
  ...over,
})

class Bench extends Ground {
  /** What the neighbours of this piece were told, in order. */
  readonly told: string[] = []
  readonly found: ParentFound[] = []
  readonly clocks = new ClockChoice(clock)
  readonly attachment = new Attachment({
    ...{ self: this.self, time: this.time, role: this.role, terms: this.terms, log: this.log },
    ...{ links: this.links, deadpool: this.deadpool, clocks: this.clocks, outbox: this.outbox },
    topology: { announce: () => this.told.push('announce to the children') },
    search: {
      begin: ({ left }: { readonly left: Address | undefined }) =>
        this.told.push(left === undefined ? 'search' : `search without ${left.name}`),
      end: (keep: LinkId | undefined) => this.told.push(`end the search, keep ${keep}`),
      lost: (link: LinkId, how: string, why: string) => this.told.push(`attempt ${link} ${how}: ${why}`),
      backOff: () => this.told.push('back off'),
      stayed: (forMs: number) => this.told.push(`stayed ${forMs} ms`),
    },
    joinRequests: { orphaned: () => this.told.push('answer who asked us') },
    takeovers: { sawStamp: (stamp = 0) => this.told.push(`stamp ${stamp}`) },
    listeners: {
      parentFound: (found: ParentFound) => {
        this.found.push(found)
        this.told.push('parent found')
      },
      parentLost: () => this.told.push('parent lost'),
    },
    onMergeLost: (link: LinkId) => this.told.push(`merge over ${link} is over`),
  })

  /** A parent has taken us. */
  attach(over: Partial<Success> = {}): LinkId {
    const link = this.openLink('parent', 'inquiry')
    this.attachment.accepted(link, success(over))
    return link
  }

  takeTold(): string[] {
    return this.told.splice(0)
  }

  closed(): LinkId[] {
    return effectsOf(this.take(), 'close').map(({ link }) => link)
  }

  events(): unknown[] {
    return effectsOf(this.take(), 'report').map(({ event }) => event)
  }
}

const path = (over: Partial<ServerMessageOf<'PATH'>> = {}): ServerMessageOf<'PATH'> => ({
  ...{ type: 'PATH', path: [ancestor('parent')], succession: [], epochNumber: 1, clock },
  ...over,
})

test('the server that takes us is the parent: the role, the link, the term, the clock and our address follow', (t) => {
  const bench = new Bench()
  const standby = { host: 'other', port: 9 }
  const link = bench.attach({ clock: standby, you: { ...address('me'), host: '10.0.0.7' } })
  t.deepEqual(bench.role.now, { name: 'child', parentLink: link, parentId: idOf('parent') })
  t.is(bench.links.get(link)?.purpose, 'parent')
  t.is(bench.terms.highest, 3)
  t.deepEqual(bench.clocks.known, standby)
  t.is(bench.self.address.host, '10.0.0.7', 'the host under which the parent sees us')
  t.deepEqual(bench.takeTold(), [`end the search, keep ${link}`, 'parent found'])
  t.deepEqual(bench.events(), [{ event: 'became-child', parent: idOf('parent') }])
})

test('what both logs have in common is counted against the log of the root: the parent may merely lag', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a'])
  bench.attach({
    rootLineage: [
      [term(1), 2],
      [term(2), 8],
    ],
  })
  t.deepEqual(
    bench.found.map(({ common }) => common),
    [2],
  )
})

test('a path that has ourselves in it closes a ring: no parent, not for a moment', (t) => {
  const bench = new Bench()
  const link = bench.attach({ path: [ancestor('parent'), { ...ancestor('me'), id: bench.self.id }] })
  t.true(bench.role.isOrphan)
  t.deepEqual(bench.closed(), [link])
  t.deepEqual(bench.takeTold(), [
    `attempt ${link} gone: its path to the root leads through this server`,
    `merge over ${link} is over`,
  ])
  t.is(bench.terms.highest, 0)
})

test('an earlier run of ourselves in the path is another server', (t) => {
  const bench = new Bench()
  bench.attach({ path: [ancestor('parent'), { id: idOf('me#0'), address: address('me') }] })
  t.is(bench.role.now.name, 'child')
})

test('an answer on a link that is gone counts for nothing', (t) => {
  const bench = new Bench()
  const link = bench.openLink('parent', 'inquiry')
  bench.links.close(link)
  bench.attachment.accepted(link, success())
  t.true(bench.role.isOrphan)
  t.deepEqual(bench.told, [])
})

test('a change above us is kept for the day the parent dies, and passed on below', (t) => {
  const bench = new Bench()
  bench.attach()
  bench.takeTold()
  const [above, heir] = [ancestor('other'), ancestor('heir')]
  bench.attachment.pathChanged(path({ path: [above], succession: [heir], epochNumber: 9, resumedStamp: 4 }))
  t.deepEqual(bench.deadpool.path, [above])
  t.deepEqual(bench.deadpool.heirs, [heir])
  t.is(bench.terms.highest, 9)
  t.deepEqual(bench.takeTold(), ['stamp 4', 'announce to the children'])
})

test('a path that comes to have ourselves in it ends the parenthood, and we sit out a while before we search', (t) => {
  const bench = new Bench()
  const link = bench.attach()
  bench.takeTold()
  bench.take()
  bench.time.nowMs = 300
  bench.attachment.pathChanged(path({ path: [{ ...ancestor('me'), id: bench.self.id }] }))
  t.deepEqual(bench.closed(), [link])
  t.deepEqual(bench.takeTold(), [
    ...['stamp 0', 'back off', 'parent lost', 'stayed 300 ms', 'search', 'answer who asked us'],
  ])
  t.deepEqual(bench.deadpool.path, [], 'a wrong path is not kept')
})

test('who loses its parent tells the listeners, searches, and lets nobody wait who asked through it', (t) => {
  const bench = new Bench()
  bench.time.nowMs = 1_000
  bench.attach()
  bench.takeTold()
  bench.take()
  bench.time.nowMs = 4_500
  bench.attachment.lost('silent for too long', undefined)
  t.deepEqual(bench.takeTold(), ['parent lost', 'stayed 3500 ms', 'search', 'answer who asked us'])
  t.deepEqual(bench.events(), [{ event: 'orphaned', parent: idOf('parent'), why: 'silent for too long' }])
})

test('a parent that leaves in order is not asked again, and its short stay is not held against others', (t) => {
  const bench = new Bench()
  const link = bench.attach()
  bench.deadpool.pathChanged([ancestor('parent'), ancestor('root')], [])
  bench.takeTold()
  bench.take()
  bench.attachment.parentLeaves(link)
  t.deepEqual(bench.takeTold(), ['parent lost', 'search without parent', 'answer who asked us'])
  t.is(bench.links.get(link), undefined)
})
