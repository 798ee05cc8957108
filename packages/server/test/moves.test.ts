/** Who was sent to another server and does not come: the root says so, once it has waited. */
import test from 'ava'
import { asPublisherId, type EntryKind, type GoneBody, type PublisherId } from '@jwp/protocol'
import { Moves } from '#dist/core/presence/moves.js'
import { goneBody, Ground, platform } from './support/pieces.js'

const x: PublisherId = asPublisherId('x')
const y: PublisherId = asPublisherId('y')

class Bench {
  readonly time = { nowMs: 0 }
  readonly place = { isRoot: true }
  said: GoneBody[] = []
  readonly moves: Moves

  constructor() {
    const { options } = new Ground({ timing: { movedWithinMs: 1_000 } })
    const ownEntries = { publish: (_: EntryKind, body: Uint8Array) => this.said.push(goneBody(body)) }
    this.moves = new Moves({ time: this.time, role: this.place, options, platform, ownEntries })
  }

  at(nowMs: number): GoneBody[] {
    this.time.nowMs = nowMs
    this.said = []
    this.moves.tick()
    return this.said
  }
}

test('who comes in time is not spoken of', (t) => {
  const bench = new Bench()
  bench.moves.now('ann', [x, 1])
  t.is(bench.moves.nextDeadlineMs(), 1_000)
  t.deepEqual(bench.at(999), [])
  bench.moves.now('ann', undefined)
  t.is(bench.moves.nextDeadlineMs(), undefined)
  t.deepEqual(bench.at(5_000), [])
})

test('all who are late are named, by the server that sent them', (t) => {
  const bench = new Bench()
  bench.moves.now('ann', [x, 1])
  bench.moves.now('bob', [y, 7])
  bench.moves.now('cid', [x, 2])
  bench.at(500)
  bench.moves.now('dan', [x, 3])
  t.deepEqual(bench.at(1_000), [
    {
      server: x,
      connections: [
        [1, 'ann'],
        [2, 'cid'],
      ],
    },
    { server: y, connections: [[7, 'bob']] },
  ])
  t.is(bench.moves.nextDeadlineMs(), 1_500)
})

test('one entry names a bounded number', (t) => {
  const bench = new Bench()
  for (let number = 0; number < 2_500; number++) bench.moves.now(`user${number}`, [x, number])
  t.deepEqual(
    bench.at(1_000).map(({ connections }) => connections?.length),
    [1_000, 1_000, 500],
  )
})

test('what was said of somebody and is lost is said again', (t) => {
  const bench = new Bench()
  bench.moves.now('ann', [x, 1])
  t.is(bench.at(1_000).length, 1)
  t.is(bench.at(1_999).length, 0)
  t.is(bench.at(2_000).length, 1)
})

test('who is sent on again has the whole time again; being told the same twice gives none', (t) => {
  const bench = new Bench()
  bench.moves.now('ann', [x, 1])
  bench.at(800)
  bench.moves.now('ann', [x, 1])
  t.is(bench.moves.nextDeadlineMs(), 1_000)
  bench.moves.now('ann', [y, 1])
  t.is(bench.moves.nextDeadlineMs(), 1_800)
})

test('only a root speaks; one that takes over knows since when', (t) => {
  const bench = new Bench()
  bench.place.isRoot = false
  bench.moves.now('ann', [x, 1])
  t.is(bench.moves.nextDeadlineMs(), undefined)
  t.deepEqual(bench.at(3_000), [])
  bench.place.isRoot = true
  t.deepEqual(bench.at(3_001), [{ server: x, connections: [[1, 'ann']] }])
})
