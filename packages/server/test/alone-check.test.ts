/** The check whether a root is alone: only then may it commit by itself. */
import test from 'ava'
import { AloneCheck } from '#dist/core/tree/alone-check.js'
import { address, effectsOf, Ground } from './support/pieces.js'

const graceMs = 2_000

class Bench extends Ground {
  readonly alone = new AloneCheck({
    ...{ time: this.time, timers: this.timers, role: this.role, children: this.children },
    ...{ deadpool: this.deadpool, links: this.links },
  })

  constructor(known: readonly string[] = []) {
    super({ contacts: known.map(address), disk: {}, timing: { graceMs } })
    this.becomeRoot()
    this.alone.becameRoot({ isCertainlyAlone: false })
  }

  dialled(): string[] {
    return effectsOf(this.take(), 'dial').map(({ address: { name } }) => name)
  }

  probes(): { readonly link: Parameters<AloneCheck['lost']>[0]; readonly name: string }[] {
    return effectsOf(this.take(), 'dial').map(({ link, address: { name } }) => ({ link, name }))
  }
}

test('a root that founded its tree in the certainty to be alone may commit at once', (t) => {
  const bench = new Bench()
  t.false(bench.alone.mayCommitAlone())
  bench.alone.becameRoot({ isCertainlyAlone: true })
  t.true(bench.alone.mayCommitAlone())
  bench.alone.childJoined()
  t.false(bench.alone.mayCommitAlone(), 'not any more')
})

test('without certainty it may when the grace is over', (t) => {
  const bench = new Bench()
  t.is(bench.alone.certainAtMs(), graceMs)
  bench.time.nowMs = graceMs - 1
  t.false(bench.alone.mayCommitAlone())
  bench.time.nowMs = graceMs
  t.true(bench.alone.mayCommitAlone())
})

test('a root that loses its last child asks all servers that it knows; when each refuses it is alone', (t) => {
  const bench = new Bench(['x', 'y'])
  bench.time.nowMs = 10_000
  bench.alone.childLost()
  const [x, y] = bench.probes()
  t.deepEqual([x?.name, y?.name].sort(), ['x', 'y'])
  t.is(bench.alone.certainAtMs(), 10_000 + graceMs, 'the grace begins anew')
  bench.alone.lost(x!.link, 'gone')
  t.false(bench.alone.mayCommitAlone(), 'y may be there')
  bench.alone.lost(y!.link, 'gone')
  t.true(bench.alone.mayCommitAlone())
})

test('one that cannot be reached may live: nothing is proved, and the other probes end', (t) => {
  const bench = new Bench(['x', 'y'])
  bench.alone.childLost()
  const [x, y] = bench.probes()
  bench.alone.lost(x!.link, 'unreachable')
  t.deepEqual(
    effectsOf(bench.take(), 'close').map(({ link }) => link),
    [y!.link],
  )
  bench.alone.lost(y!.link, 'gone')
  t.false(bench.alone.mayCommitAlone())
})

test('one that takes the connection lives', (t) => {
  const bench = new Bench(['x', 'y'])
  bench.alone.childLost()
  const [x, y] = bench.probes()
  bench.alone.opened(y!.link)
  bench.alone.lost(x!.link, 'gone')
  t.false(bench.alone.mayCommitAlone())
})

test('who knows nobody else is alone with the loss of the last child', (t) => {
  const bench = new Bench()
  bench.alone.childLost()
  t.true(bench.alone.mayCommitAlone())
})

test('nobody is asked while children are left, or by a server that is no root', (t) => {
  const bench = new Bench(['x'])
  bench.addChild('left')
  bench.take()
  bench.alone.childLost()
  t.deepEqual(bench.dialled(), [])
  const child = new Bench(['x'])
  child.becomeChild()
  child.take()
  child.alone.childLost()
  t.deepEqual(child.dialled(), [])
})

for (const [what, change] of [
  ['a child that joins', (alone: AloneCheck) => alone.childJoined()],
  ['a parent', (alone: AloneCheck) => alone.parentFound()],
] as const)
  test(`${what} ends the probes, and what they would have said counts no more`, (t) => {
    const bench = new Bench(['x'])
    bench.alone.childLost()
    const [x] = bench.probes()
    change(bench.alone)
    t.deepEqual(
      effectsOf(bench.take(), 'close').map(({ link }) => link),
      [x!.link],
    )
    bench.alone.lost(x!.link, 'gone')
    t.false(bench.alone.mayCommitAlone())
  })
