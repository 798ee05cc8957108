/** The children in sync alone: who comes in, in which order they are heirs, and who is left out. */
import test from 'ava'
import type { LinkId } from '@jwp/protocol'
import { InSyncChildren } from '#dist/core/log/in-sync-children.js'
import type { Child } from '#dist/core/tree/child.js'
import { ancestor, Ground, idOf } from './support/pieces.js'

class Bench extends Ground {
  /** How far the log was sent to each child; by default far enough. */
  readonly sent = new Map<LinkId, number>()
  changes = 0
  readonly inSync = new InSyncChildren({
    ...{ time: this.time, options: this.options, role: this.role },
    sentTo: (link: LinkId) => this.sent.get(link) ?? 100,
    onHeirsChanged: () => this.changes++,
  })

  constructor() {
    super({ timing: { coreLagLimitMs: 2_000 } })
    this.becomeRoot()
  }

  join(name: string): Child {
    const child = { link: this.openLink(name, 'child'), ...ancestor(name) }
    this.inSync.childJoined({ child, common: 0, needsSnapshot: false })
    return child
  }

  heirs(): string[] {
    return this.inSync.heirs().map(({ address }) => address.name)
  }
}

test('a child is in sync as soon as it has acknowledged what is committed', (t) => {
  const bench = new Bench()
  const { link } = bench.join('x')
  t.is(bench.inSync.acknowledgedByAll(), undefined, 'a child that only joined counts for nothing')
  bench.inSync.acknowledged(link, 4, 5)
  t.false(bench.inSync.isInSync(link))
  t.is(bench.changes, 0)
  bench.inSync.acknowledged(link, 5, 5)
  t.true(bench.inSync.isInSync(link))
  t.is(bench.changes, 1, 'all must know the heirs before anything is committed with them')
  bench.inSync.acknowledged(link, 6, 5)
  t.is(bench.changes, 1)
})

test('all have acknowledged what the slowest of those in sync has', (t) => {
  const bench = new Bench()
  const [x, y, z] = ['x', 'y', 'z'].map((name) => bench.join(name).link)
  bench.inSync.acknowledged(x!, 9, 5)
  bench.inSync.acknowledged(y!, 7, 5)
  bench.inSync.acknowledged(z!, 3, 5)
  t.is(bench.inSync.acknowledgedByAll(), 7, 'z is not in sync and holds up nothing')
})

test('an acknowledgement beyond what was sent counts for what was sent', (t) => {
  const bench = new Bench()
  const { link } = bench.join('x')
  bench.sent.set(link, 3)
  bench.inSync.acknowledged(link, 50, 0)
  t.is(bench.inSync.acknowledgedByAll(), 3)
})

test('heirs come in the order in which they came in sync, not in that of joining', (t) => {
  const bench = new Bench()
  const [x, y] = ['x', 'y'].map((name) => bench.join(name).link)
  bench.inSync.acknowledged(y!, 1, 0)
  bench.inSync.acknowledged(x!, 1, 0)
  t.deepEqual(bench.heirs(), ['y', 'x'])
  t.deepEqual(
    bench.inSync.heirs().map(({ id }) => id),
    [idOf('y'), idOf('x')],
  )
})

test('a child that lags too long is no heir, until it has caught up: then it is the last', (t) => {
  const bench = new Bench()
  const [x, y] = ['x', 'y'].map((name) => bench.join(name).link)
  for (const link of [x!, y!]) {
    bench.sent.set(link, 5)
    bench.inSync.acknowledged(link, 5, 5)
  }
  bench.sent.set(x!, 100)
  bench.inSync.awaitAck(x!)
  bench.time.nowMs = 1_999
  bench.inSync.dropLaggards()
  t.deepEqual(bench.heirs(), ['x', 'y'])
  t.is(bench.inSync.nextDeadlineMs(), 2_000)
  bench.time.nowMs = 2_000
  const before = bench.changes
  bench.inSync.dropLaggards()
  t.deepEqual(bench.heirs(), ['y'])
  t.is(bench.changes, before + 1)
  bench.inSync.acknowledged(x!, 100, 50)
  t.deepEqual(bench.heirs(), ['y', 'x'])
})

test('who acknowledges a part only lags anew from then on', (t) => {
  const bench = new Bench()
  const [x, y] = ['x', 'y'].map((name) => bench.join(name).link)
  bench.inSync.acknowledged(x!, 100, 0)
  bench.inSync.acknowledged(y!, 100, 0)
  bench.sent.set(x!, 200)
  bench.inSync.awaitAck(x!)
  bench.time.nowMs = 1_500
  bench.inSync.awaitAck(x!)
  t.is(bench.inSync.nextDeadlineMs(), 2_000, 'it has owed since the first')
  bench.inSync.acknowledged(x!, 150, 0)
  t.is(bench.inSync.nextDeadlineMs(), 3_500)
  bench.inSync.acknowledged(x!, 200, 0)
  t.is(bench.inSync.nextDeadlineMs(), undefined)
})

test('when all lag none is left out: without any of them nothing could be committed safely', (t) => {
  const bench = new Bench()
  for (const name of ['x', 'y']) {
    const { link } = bench.join(name)
    bench.inSync.acknowledged(link, 1, 0)
    bench.inSync.awaitAck(link)
  }
  bench.time.nowMs = 5_000
  const before = bench.changes
  bench.inSync.dropLaggards()
  t.deepEqual(bench.heirs(), ['x', 'y'])
  t.is(bench.changes, before)
  t.is(
    bench.inSync.nextDeadlineMs(),
    undefined,
    'a limit that has passed is no reason to wake at once, again and again',
  )
})

test('the loss of an heir is told to all, that of another child is not, and a server that is no root has no heirs to tell of', (t) => {
  const bench = new Bench()
  const [x, y, z] = ['x', 'y', 'z'].map((name) => bench.join(name))
  bench.inSync.acknowledged(x!.link, 1, 0)
  bench.inSync.acknowledged(z!.link, 1, 0)
  t.is(bench.changes, 2)
  bench.inSync.childLost(y!)
  t.is(bench.changes, 2)
  bench.inSync.childLost(x!)
  t.is(bench.changes, 3)
  t.deepEqual(bench.heirs(), ['z'])
  bench.becomeChild()
  bench.inSync.childLost(z!)
  t.is(bench.changes, 3)
})

test('a new term begins with nobody in sync, and a cut takes acknowledgements back', (t) => {
  const bench = new Bench()
  const { link } = bench.join('x')
  bench.inSync.acknowledged(link, 9, 0)
  bench.inSync.cutTo(4)
  t.is(bench.inSync.acknowledgedByAll(), 4)
  bench.inSync.becameRoot()
  t.deepEqual(bench.heirs(), [])
  bench.inSync.acknowledged(link, 3, 4)
  t.deepEqual(bench.heirs(), [], 'what it acknowledged in the old term does not count')
})
