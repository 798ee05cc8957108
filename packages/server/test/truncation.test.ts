/** Truncation alone: what goes out of the log, who hears of it, and what waits again. */
import test from 'ava'
import { asPublisherId, EntryRun, type LogRun } from '@jwp/protocol'
import { Truncation } from '#dist/core/log/truncation.js'
import { bytes, effectsOf, Ground, namesIn, pending, pendingRun } from './support/pieces.js'

class Bench extends Ground {
  readonly commit = { applied: 0 }
  /** What the followers and the projections were told, in order. */
  readonly told: string[] = []
  readonly truncation = new Truncation({
    ...{ log: this.log, queue: this.queue, outbox: this.outbox, commit: this.commit },
    followers: { cutTo: (end: number) => void this.told.push(`log ends at ${end}`) },
    projections: {
      cutTo: (end: number, cut: readonly LogRun[]) =>
        void this.told.push(`undo after ${end}: ${namesIn(cut).join(' ')}`),
    },
  })

  waiting(): string[] {
    return namesIn(this.queue.all())
  }
}

test('what is cut waits again, oldest first, and is in the log no more', (t) => {
  const bench = new Bench()
  bench.write(['a', 'b', 'a'])
  t.deepEqual(namesIn(bench.truncation.cutTo(1)), ['b1', 'a2'])
  t.is(bench.log.last, 1)
  t.deepEqual(bench.waiting().sort(), ['a2', 'b1'])
  t.is(bench.log.lastNumber(asPublisherId('a')), 1, 'a2 may come again')
  t.deepEqual(
    effectsOf(bench.take(), 'report').map(({ event }) => event),
    [{ event: 'entries-cut', from: 2, count: 2 }],
  )
})

test('the marker of a term belongs to nobody, and does not wait again', (t) => {
  const bench = new Bench()
  bench.write(['a'])
  bench.write(['-', 'a'], 2)
  t.deepEqual(namesIn(bench.truncation.cutTo(1)), ['a2'])
  t.deepEqual(bench.waiting(), ['a2'])
})

test('who keeps places in the log follows first; then only what was applied is undone', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.commit.applied = 3
  bench.truncation.cutTo(1)
  t.deepEqual(bench.told, ['log ends at 1', 'undo after 1: a2 a3'], 'a4 was never applied')
})

test('what was not applied is undone by no projection', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a'])
  bench.commit.applied = 2
  bench.truncation.cutTo(2)
  t.deepEqual(bench.told, ['log ends at 2'])
})

test('a cut at the end, or behind it, changes nothing and is told to nobody', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a'])
  for (const end of [2, 3]) t.deepEqual(bench.truncation.cutTo(end), [])
  t.is(bench.log.last, 2)
  t.deepEqual([bench.told, bench.waiting(), bench.take()], [[], [], []])
})

test('entries that were dropped from memory cannot be cut: the rest is, and all are told where the log ends now', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.commit.applied = 4
  bench.log.dropTo(2)
  t.deepEqual(namesIn(bench.truncation.cutTo(0)), ['a3', 'a4'])
  t.deepEqual(bench.told, ['log ends at 2', 'undo after 2: a3 a4'])
  t.deepEqual(bench.truncation.cutTo(0), [], 'nothing is left to cut')
})

test('a new parent makes the log end where it is the same as the log of the root above it', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a'])
  const link = bench.openLink('parent', 'parent')
  const answer = {
    ...{
      type: 'AUTHENTICATION_SUCCESS' as const,
      id: bench.self.id,
      path: [],
      succession: [],
      rootLineage: [],
    },
    ...{
      epochNumber: 2,
      everywhere: 0,
      contacts: [],
      clock: { host: 'c', port: 3 },
      you: bench.self.address,
    },
  }
  bench.truncation.parentFound({ link, answer, common: 2 })
  t.is(bench.log.last, 2)
  t.deepEqual(bench.waiting(), ['a3'])
})

/** The number 2 of `a` was cut from the log, and waits. */
function cutA2(): Bench {
  const bench = new Bench()
  bench.write(['a', 'a'])
  bench.truncation.cutTo(1)
  return bench
}

const a = asPublisherId('a')

test('a message is replaced only if it was cut, and another body has its number now', (t) => {
  const replaced = (bench: Bench, body: string): number =>
    bench.truncation.replaced(bench.queue.take(a, 2, 1), pendingRun('a', 2, body))
  t.is(replaced(cutA2(), 'other'), 1)
  t.is(replaced(cutA2(), 'a2'), 0, 'the same message came back')
  const never = cutA2()
  never.queue.add(pendingRun('b', 2))
  const ofOthers = never.queue.take(asPublisherId('b'), 2, 1)
  t.is(never.truncation.replaced(ofOthers, pendingRun('b', 2, 'other')), 0, 'it was never in the log')
  t.is(never.truncation.replaced([], pendingRun('a', 2, 'other')), 0)
})

test('a message that has left the queue is replaced by nothing later', (t) => {
  const replaced = (bench: Bench): number => {
    bench.queue.add(pendingRun('a', 2))
    return bench.truncation.replaced(bench.queue.take(a, 2, 1), pendingRun('a', 2, 'other'))
  }
  const back = cutA2()
  t.is(back.truncation.replaced(back.queue.take(a, 2, 1), pendingRun('a', 2)), 0)
  t.is(replaced(back), 0, 'it came back as it was')
  const skipped = cutA2()
  skipped.queue.removeUpTo(a, 2)
  t.is(replaced(skipped), 0, 'the log passed over it')
})

test('of a run only those count that were cut and are others now', (t) => {
  const bench = new Bench()
  bench.write(['a', 'a', 'a', 'a'])
  bench.truncation.cutTo(1)
  bench.queue.add(pendingRun('a', 5))
  const by = EntryRun.ofBodies(a, 'activity', 2, ['a2', 'x3', 'x4', 'x5'].map(bytes))
  t.is(bench.truncation.replaced(bench.queue.take(a, 2, 4), by), 2, 'a5 was never in the log')
})

test('what waits already stays as it is when the same number is cut', (t) => {
  const bench = new Bench()
  bench.write(['a'])
  const sooner = pending('a', 1, 'sooner')
  bench.queue.add(EntryRun.of(sooner))
  bench.truncation.cutTo(0)
  t.deepEqual(bench.queue.get(a, 1), sooner)
  t.is(bench.truncation.replaced(bench.queue.take(a, 1, 1), pendingRun('a', 1)), 0, 'that one was never cut')
})
