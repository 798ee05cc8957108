/** Commitment alone: the commit index, with children in sync that say how far they are, and with none. */
import test from 'ava'
import type { LinkId } from '@jwp/protocol'
import { asLinkId } from '@jwp/protocol'
import { Commit } from '#dist/core/log/commit.js'
import { Ground } from './support/pieces.js'

class Bench extends Ground {
  /** What the children in sync have acknowledged; undefined: none is in sync. */
  slowest: number | undefined
  stored = Infinity
  isAlone = false
  dropped = 0
  readonly heard: (readonly [LinkId, number, number])[] = []
  readonly count = { count: 0 }
  readonly commit = new Commit({
    ...{ log: this.log, role: this.role, children: this.count },
    inSync: {
      acknowledged: (link, index, commit) => this.heard.push([link, index, commit]),
      acknowledgedByAll: () => this.slowest,
      dropLaggards: () => this.dropped++,
      nextDeadlineMs: () => 77,
    },
    alone: { mayCommitAlone: () => this.isAlone, certainAtMs: () => 2_000 },
    storedIndex: () => this.stored,
  })

  advanceTo(): number {
    this.commit.advance()
    return this.commit.index
  }
}

function rootWith(children: number, entries = 5): Bench {
  const bench = new Bench()
  bench.becomeRoot()
  bench.write(new Array<string>(entries).fill('a'))
  bench.count.count = children
  return bench
}

test('commit is the lowest acknowledged index of the children in sync', (t) => {
  const bench = rootWith(2)
  bench.slowest = 3
  t.is(bench.advanceTo(), 3)
  t.is(bench.dropped, 1, 'whoever lags too long was left out first')
  bench.slowest = 5
  t.is(bench.advanceTo(), 5)
})

test('with children of which none is in sync nothing is committed', (t) => {
  const bench = rootWith(2)
  bench.isAlone = true
  t.is(bench.advanceTo(), 0, 'who has children is not alone')
})

test('commit never goes back when a slower child comes in sync', (t) => {
  const bench = rootWith(2)
  bench.slowest = 4
  bench.advanceTo()
  bench.slowest = 2
  t.is(bench.advanceTo(), 4)
})

test('what our own disk has not stored is not committed, whatever the children have', (t) => {
  const bench = rootWith(1)
  bench.slowest = 5
  bench.stored = 2
  t.is(bench.advanceTo(), 2)
  bench.stored = 4
  t.is(bench.advanceTo(), 4)
})

test('a root without children commits only when it is certain to be alone, and what it has stored', (t) => {
  const bench = rootWith(0)
  t.is(bench.advanceTo(), 0)
  bench.isAlone = true
  bench.stored = 3
  t.is(bench.advanceTo(), 3)
})

test('a child commits nothing by itself: it learns the index, as far as its log goes', (t) => {
  const bench = new Bench()
  bench.becomeChild()
  bench.write(['a', 'a', 'a'])
  bench.count.count = 1
  bench.slowest = 3
  t.is(bench.advanceTo(), 0)
  bench.commit.learned(2)
  t.is(bench.commit.index, 2)
  bench.commit.learned(9)
  t.is(bench.commit.index, 3, 'of entries that have not come yet nothing can be said')
  bench.commit.learned(1)
  t.is(bench.commit.index, 3)
})

test('only a root counts acknowledgements, and only of entries that it has', (t) => {
  const child = new Bench()
  child.becomeChild()
  child.write(['a'])
  child.commit.acknowledged(asLinkId(4), 1)
  t.deepEqual(child.heard, [])
  const root = rootWith(1)
  root.commit.acknowledged(asLinkId(4), 6)
  t.deepEqual(root.heard, [], 'a child that has more than its root speaks of another log')
  root.commit.acknowledged(asLinkId(4), 5)
  t.deepEqual(root.heard, [[asLinkId(4), 5, 0]])
})

test('what is committed is applied in runs of bounded length', (t) => {
  const bench = rootWith(1)
  bench.slowest = 5
  bench.advanceTo()
  t.is(bench.commit.applied, 0)
  t.is(bench.commit.advanceApplied(2), 2)
  t.is(bench.commit.advanceApplied(10), 5, 'never beyond what is committed')
})

test('a cut takes commit and what is applied back, a snapshot sets both', (t) => {
  const bench = rootWith(1)
  bench.slowest = 5
  bench.advanceTo()
  bench.commit.advanceApplied(4)
  bench.commit.cutTo(3)
  t.deepEqual([bench.commit.index, bench.commit.applied], [3, 3])
  bench.commit.cutTo(4)
  t.deepEqual([bench.commit.index, bench.commit.applied], [3, 3], 'a cut never moves them forward')
  bench.commit.restartAt(9)
  t.deepEqual([bench.commit.index, bench.commit.applied], [9, 9])
})

test('a root wakes for laggards, or for the end of the grace while something is uncommitted; a child never', (t) => {
  t.is(rootWith(1).commit.nextDeadlineMs(), 77)
  const alone = rootWith(0)
  t.is(alone.commit.nextDeadlineMs(), 2_000)
  alone.isAlone = true
  t.is(alone.commit.nextDeadlineMs(), undefined, 'it may commit at once')
  alone.advanceTo()
  alone.isAlone = false
  t.is(alone.commit.nextDeadlineMs(), undefined, 'nothing is left to commit')
  const child = new Bench()
  child.becomeChild()
  t.is(child.commit.nextDeadlineMs(), undefined)
})
